import { readFileSync } from 'node:fs'

/** Resident memory of a process, MiB: now, and the most so far. */
export const memoryOf = (pid: number): { now: number; most: number } => {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8')
  const read = (name: string): number => +(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1] ?? 0)
  return { now: read('VmRSS') / 1024, most: read('VmHWM') / 1024 }
}

export const quantile = (values: readonly number[], q: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))]!

/** The value of a metric without labels. */
export const metricOf = async (url: string, name: string): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN)
}

export interface SeenEvent {
  id: number
  type: string
  data: string
  /** `performance.now()` when it came. */
  at: number
}

/** Reads a live feed until it is closed. */
export const watchEvents = async (
  url: string,
  seen: (event: SeenEvent) => void,
): Promise<() => void> => {
  const ended = new AbortController()
  const answer = await fetch(url, { signal: ended.signal })
  const decoder = new TextDecoder()
  let text = ''
  const read = async (): Promise<void> => {
    for await (const chunk of answer.body!) {
      text += decoder.decode(chunk, { stream: true })
      const parts = text.split('\n\n')
      text = parts.pop()!
      const at = performance.now()
      for (const part of parts) {
        const field = (name: string): string =>
          part
            .split('\n')
            .find(line => line.startsWith(`${name}: `))
            ?.slice(name.length + 2) ?? ''
        if (field('event') !== '') {
          seen({ id: Number(field('id')), type: field('event'), data: field('data'), at })
        }
      }
    }
  }
  read().catch(() => undefined)
  return () => ended.abort()
}
