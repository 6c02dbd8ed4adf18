import type { LogEvent, Session } from '../types.ts'

/** A session that is still growing. */
export interface OpenSession {
  key: string
  source: string
  kind: 'key' | 'window'
  events: number[]
  at: number[]
  lines: number[]
  texts?: string[]
  /** Kept for sessions that cross sources. */
  sources?: string[]
  /** Elapsed time of its clock at its latest event, in ms. */
  touched: number
}

export const openSession = (
  key: string,
  source: string,
  kind: 'key' | 'window',
  keepTexts: boolean,
  keepSources = false,
): OpenSession => ({
  key,
  source,
  kind,
  events: [],
  at: [],
  lines: [],
  ...(keepTexts && { texts: [] }),
  ...(keepSources && { sources: [] }),
  touched: 0,
})

export const append = (session: OpenSession, event: LogEvent, elapsed: number): void => {
  session.events.push(event.templateId)
  session.at.push(event.at)
  session.lines.push(event.line)
  session.texts?.push(event.text)
  session.sources?.push(event.source)
  session.touched = elapsed
}

/** The finished form of its first `length` events. */
export const closeSession = (
  open: OpenSession,
  closedBy: Session['closedBy'],
  length = open.events.length,
): Session => ({
  key: open.key,
  source: open.source,
  kind: open.kind,
  events: cut(open.events, length),
  at: cut(open.at, length),
  lines: cut(open.lines, length),
  ...(open.texts !== undefined && { texts: cut(open.texts, length) }),
  ...(open.sources !== undefined && { sources: cut(open.sources, length) }),
  closedBy,
})

const cut = <T>(list: T[], length: number): T[] =>
  length === list.length ? list : list.slice(0, length)

/** The same with lists of its own. */
export const copyOf = (open: OpenSession): OpenSession => ({
  ...open,
  events: [...open.events],
  at: [...open.at],
  lines: [...open.lines],
  ...(open.texts !== undefined && { texts: [...open.texts] }),
})

/** Forgets the first `count` events. */
export const dropFirst = (open: OpenSession, count: number): void => {
  open.events = open.events.slice(count)
  open.at = open.at.slice(count)
  open.lines = open.lines.slice(count)
  if (open.texts !== undefined) open.texts = open.texts.slice(count)
}
