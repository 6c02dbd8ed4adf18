const KEY = 'logbert-token'

/** The token of this tab; gone when it is closed. */
export const token = {
  get: (): string | null => sessionStorage.getItem(KEY),
  set: (value: string): void => sessionStorage.setItem(KEY, value),
}

/** What a refused request is answered with. */
export class Refused extends Error {
  readonly status: number

  constructor(status: number, detail: string) {
    super(detail)
    this.name = 'Refused'
    this.status = status
  }
}

/** A request with the token of this tab. @throws Refused with the words of the answer */
export const ask = async (path: string, init: RequestInit = {}): Promise<Response> => {
  const headers = new Headers(init.headers)
  const known = token.get()
  if (known !== null) headers.set('authorization', `Bearer ${known}`)
  const answer = await fetch(path, { ...init, headers })
  if (answer.ok) return answer
  const { detail } = (await answer.json().catch(() => ({}))) as { detail?: string }
  throw new Refused(answer.status, detail ?? `the server answered ${answer.status}`)
}

export const read = async <T>(path: string): Promise<T> => (await ask(path)).json() as Promise<T>

export const send = async <T>(method: string, path: string, body: unknown): Promise<T> => {
  const headers = { 'content-type': 'application/json' }
  return (await ask(path, { method, headers, body: JSON.stringify(body) })).json() as Promise<T>
}
