import type { LogLine } from '../types.ts'
import type { HeaderPlan } from './header-plan.ts'
import { createHeaderReader, type HeaderReader } from './header-reader.ts'

/** What is known of one source of lines. */
export interface Source {
  name: string
  lines: number
  plan: HeaderPlan | undefined
  reader: HeaderReader | undefined
  /** Lines that wait while the header is learned. */
  waiting: LogLine[]
  waitingChars: number
}

/** A source as plain JSON; its plan is stored elsewhere. */
export type SavedSource = [name: string, lines: number, waiting: LogLine[]]

/** Sources by name, bounded: the least recently used one goes. */
export interface SourceTable {
  /** @param leave is given the source that has to make room, before it is forgotten */
  get(name: string, leave: (source: Source) => void): Source
  /** The same without making one or touching its recency. */
  peek(name: string): Source | undefined
  /** Least recently used first. */
  all(): Iterable<Source>
  add(name: string, plan?: HeaderPlan): Source
  restore(saved: SavedSource): void
  saved(): SavedSource[]
  /** The least recently used source in which lines wait. */
  firstWaiting(): Source | undefined
  /** Lines that wait in all of them. */
  waiting(): number
  readonly size: number
  readonly evicted: number
}

export const createSourceTable = (most: number): SourceTable => {
  const sources = new Map<string, Source>()
  let latest: Source | undefined
  let evicted = 0
  const add = (name: string, plan?: HeaderPlan): Source => {
    const source: Source = {
      ...{ name, lines: 0, plan, reader: plan && createHeaderReader(plan) },
      ...{ waiting: [], waitingChars: 0 },
    }
    sources.set(name, source)
    return source
  }
  return {
    get(name, leave) {
      if (latest?.name === name) return latest
      let source = sources.get(name)
      if (source) sources.delete(name)
      else if (sources.size >= most) {
        const oldest = sources.values().next().value!
        leave(oldest)
        sources.delete(oldest.name)
        evicted++
      }
      if (source) sources.set(name, source)
      else source = add(name)
      latest = source
      return source
    },
    peek: name => sources.get(name),
    all: () => sources.values(),
    add,
    restore([name, lines, waiting]) {
      const source = sources.get(name) ?? add(name)
      sources.delete(name)
      sources.set(name, source)
      source.lines = lines
      source.waiting = [...waiting]
      source.waitingChars = waiting.reduce((sum, { text }) => sum + text.length, 0)
    },
    firstWaiting: () => sources.values().find(({ waiting }) => waiting.length > 0),
    waiting: () => [...sources.values()].reduce((sum, { waiting }) => sum + waiting.length, 0),
    saved: () => [...sources.values()].map(({ name, lines, waiting }) => [name, lines, waiting]),
    get size() {
      return sources.size
    },
    get evicted() {
      return evicted
    },
  }
}
