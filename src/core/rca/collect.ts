import {
  createDictionary,
  type Dictionary,
  emptyFrame,
  type Frame,
  instanceOf,
  levelRank,
  link,
  templateOf,
  typeOf,
} from './frame.ts'
import { createNames } from './names.ts'
import { spokenOf } from './naming.ts'
import type { RcaEvent } from './types.ts'

interface Row {
  at: number
  service: number
  instance: number
  type: number
  trace: number
  span: number
  level: number
  long: boolean
  params: readonly string[] | undefined
  /** Decides whether the row stays when there are too many: equal for a whole trace. */
  lot: number
}

/** Takes in normal events one by one and keeps a bounded, whole-trace sample of them. */
export interface Collector {
  push(event: RcaEvent): void
  /** @param textOf text of a template by the name it was pushed under, where that is not the text */
  frame(textOf?: (template: string) => string): Frame
  /** What lines speak of that writes no lines itself, by how many services. */
  components(): Map<string, number>
  readonly dictionary: Dictionary
  readonly lines: number
}

/** Lines of a type that are read for names, and names that are kept. */
const SAMPLES = 3
const MOST_SPOKEN = 500

export const MOST_ROWS = 200_000
const LONG_LINE = 8_000

export const createCollector = (most = MOST_ROWS): Collector => {
  const dictionary = createDictionary()
  const traces = createNames()
  const spans = createNames()
  const spoken = new Map<string, Set<number>>()
  const samples: number[] = []
  let rows: Row[] = []
  let mask = 0
  let lines = 0
  return {
    dictionary,
    get lines() {
      return lines
    },
    push(event) {
      lines++
      const lot = lotOf(event.trace || `${event.instance ?? event.service} ${minuteOf(event.at)}`)
      if ((lot & mask) !== 0) return
      const service = dictionary.services.of(event.service)
      const type = typeOf(dictionary, service, event.template)
      samples[type] = (samples[type] ?? 0) + 1
      if (samples[type]! <= SAMPLES) {
        for (const name of spokenOf(event.text)) {
          if (spoken.size >= MOST_SPOKEN && !spoken.has(name)) continue
          spoken.set(name, (spoken.get(name) ?? new Set()).add(service))
        }
      }
      rows.push({
        ...{ at: event.at, service, lot, level: levelRank(event.level) },
        instance:
          event.instance === undefined ? -1 : instanceOf(dictionary, service, event.instance),
        type,
        trace: event.trace ? traces.of(event.trace) : -1,
        span: event.span ? spans.of(event.span) : -1,
        long: event.text.length > LONG_LINE,
        params: event.params,
      })
      if (rows.length < most) return
      mask = mask * 2 + 1
      rows = rows.filter(row => (row.lot & mask) === 0)
    },
    frame: textOf =>
      textOf === undefined
        ? frameOf(rows, dictionary, dictionary)
        : frameOf(rows, dictionary, renamed(dictionary, textOf)),
    components: () => {
      const services = new Set(dictionary.services.list.map(name => name.toLowerCase()))
      return new Map(
        [...spoken].filter(([name]) => !services.has(name)).map(([name, { size }]) => [name, size]),
      )
    },
  }
}

const minuteOf = (at: number): number => Math.floor(at / 60_000)

/** FNV-1a, 32 bits. */
const lotOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  }
  return (hash ^ (hash >>> 15)) >>> 0
}

/** The same services and instances, with room for types by other names. */
const renamed = (dictionary: Dictionary, textOf: (template: string) => string) => ({
  ...createDictionary(
    dictionary.services.list,
    dictionary.types.list.map((_, type) => [
      dictionary.typeService[type]!,
      textOf(templateOf(dictionary, type)),
    ]),
    dictionary.instances.list,
  ),
  textOf,
})

const frameOf = (
  rows: readonly Row[],
  from: Dictionary,
  to: Dictionary & { textOf?: (template: string) => string },
): Frame => {
  const { textOf = (template: string) => template } = to
  const types = from.types.list.map((_, type) =>
    typeOf(to, from.typeService[type]!, textOf(templateOf(from, type))),
  )
  const sorted = rows.toSorted((a, b) => a.at - b.at)
  const frame = emptyFrame(sorted.length, to)
  sorted.forEach((row, i) => {
    frame.at[i] = row.at
    frame.service[i] = row.service
    frame.instance[i] = row.instance
    frame.type[i] = types[row.type]!
    frame.trace[i] = row.trace
    frame.span[i] = row.span
    frame.level[i] = row.level
    frame.long[i] = row.long ? 1 : 0
    frame.params[i] = row.params
  })
  return link(frame)
}
