import type { LogLine } from '../../src/core/types.ts'

/** Speaks to a server. */
export const client = (url: string) => {
  const ask = (method: string) => (path: string, body?: unknown) =>
    fetch(`${url}${path}`, {
      method,
      ...(body !== undefined && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    })
  const get = ask('GET')
  const post = ask('POST')
  return {
    ...{ get, post, patch: ask('PATCH'), remove: ask('DELETE') },
    // biome-ignore lint/suspicious/noExplicitAny: tests look at any part of an answer
    json: async <T = any>(path: string): Promise<T> => (await (await get(path)).json()) as T,
    /** Sends lines; resolves when they are safe. */
    async send(lines: readonly LogLine[]): Promise<void> {
      const logs = lines.map(({ text, source, arrived }) => ({
        ...{ log: text, source, timestamp: arrived },
      }))
      const answer = await post('/logs', { logs })
      if (answer.status !== 202) throw new Error(`${answer.status}: ${await answer.text()}`)
    },
  }
}

export type Client = ReturnType<typeof client>
