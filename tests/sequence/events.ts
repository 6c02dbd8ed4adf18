import type { LogEvent } from '../../src/core/types.ts'

const ids = new Map<string, number>()

/** An event as the parser makes it, from a message; tokens with digits are its variables. */
export const eventOf = (text: string, rest: Partial<LogEvent> = {}): LogEvent => {
  const template = text.replace(/[^\s=,;:()[\]"]*\d[^\s=,;:()[\]"]*/g, '<*>')
  const templateId = ids.get(template) ?? ids.size
  ids.set(template, templateId)
  const parameters = text.match(/[^\s=,;:()[\]"]*\d[^\s=,;:()[\]"]*/g) ?? []
  const { line = 1, at = line * 1000, source = 'app', dated = true } = rest
  return { text, template, templateId, parameters, line, at, dated, source, ...rest }
}

/** Events of messages in order, numbered from 1, one second apart. */
export const eventsOf = (texts: readonly string[], rest: Partial<LogEvent> = {}): LogEvent[] =>
  texts.map((text, i) => eventOf(text, { line: i + 1, ...rest }))

/** Numbers in [0, 1) from a seed (mulberry32). */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** Interleaves finished sessions: each starts at a random place and keeps its own order. */
export const interleave = <T>(sessions: readonly T[][], random: () => number, open = 5): T[] => {
  const waiting = sessions.map(session => [...session])
  const running: T[][] = []
  const out: T[] = []
  while (waiting.length > 0 || running.length > 0) {
    while (running.length < open && waiting.length > 0) running.push(waiting.shift()!)
    const i = Math.floor(random() * running.length)
    out.push(running[i]!.shift()!)
    if (running[i]!.length === 0) running.splice(i, 1)
  }
  return out
}
