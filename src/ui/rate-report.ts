import { make, makeButton } from './make.ts'

/** What is said of a report. */
export interface Rating {
  helpful: boolean
  trueCause?: string
}

const LONGEST = 500

/** Asks whether a report helped, and then what it was: the next one like it shows it. */
export const askRating = (rate: (said: Rating) => Promise<unknown>): HTMLElement => {
  const actions = make('p', 'actions')
  const button = (label: string, helpful: boolean): HTMLElement =>
    makeButton(label, async () => {
      await rate({ helpful })
      actions.replaceChildren(make('span', 'facts', 'noted'), ...askCause(actions, helpful, rate))
    })
  actions.append(button('It helped', true), button('It did not help', false))
  return actions
}

const askCause = (
  actions: HTMLElement,
  helpful: boolean,
  rate: (said: Rating) => Promise<unknown>,
): HTMLElement[] => {
  const field = make('input', '') as HTMLInputElement
  field.maxLength = LONGEST
  field.placeholder = 'what it was'
  field.setAttribute('aria-label', 'What the cause was indeed')
  const save = makeButton('Save', async () => {
    const trueCause = field.value.trim()
    if (trueCause === '') return
    await rate({ helpful, trueCause })
    actions.replaceChildren(make('span', 'facts', 'noted: similar incidents will show it'))
  })
  return [field, save]
}
