import { make } from './make.ts'
import { token } from './server.ts'

/** Asks for a token where the server wants one, and begins anew with it. */
export const signIn = (place: HTMLElement, why: string): void => {
  const form = make('form', 'sign-in') as HTMLFormElement
  const field = make('input', '') as HTMLInputElement
  field.type = 'password'
  field.autocomplete = 'off'
  field.placeholder = 'token'
  field.setAttribute('aria-label', 'Token')
  const button = make('button', '', 'Sign in') as HTMLButtonElement
  form.append(make('p', '', why), field, button)
  form.onsubmit = event => {
    event.preventDefault()
    token.set(field.value.trim())
    location.reload()
  }
  place.replaceChildren(form)
  field.focus()
}
