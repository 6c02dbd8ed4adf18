import {
  BLOCK_MS,
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
import { createSpoken } from './naming.ts'
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

/**
 * Takes in normal events one by one and keeps a bounded sample of them: whole blocks of time, with the
 * traces that began in them.
 */
export interface Collector {
  push(event: RcaEvent): void
  /** @param called what a template is called, by the name it was pushed under */
  frame(called?: Called): Frame
  /** What lines speak of that writes no lines itself, by how many services. */
  components(): Map<string, number>
  readonly dictionary: Dictionary
  readonly lines: number
}

/** Text of a template; `isOld` where its lines had parameters in other places than they have now. */
export type Called = (template: string) => { text: string; isOld: boolean }

/** Lines of a type that are read for names. */
const SAMPLES = 5
/** Traces whose block is remembered. */
const MOST_TRACES = 100_000

export const MOST_ROWS = 400_000
/** Lines of a type whose parameters are kept, before every second one is passed over. */
const MOST_PARAMS = 400
const LONG_LINE = 8_000

export const createCollector = (most = MOST_ROWS): Collector => {
  const dictionary = createDictionary()
  const traces = createNames()
  const spans = createNames()
  const spoken = createSpoken()
  const samples: number[] = []
  /** By type: every how many-th line keeps its parameters, and how many did. */
  const strides: number[] = []
  const kept: number[] = []
  const paramsOf = ({ params }: RcaEvent, type: number): readonly string[] | undefined => {
    if (params === undefined || params.length === 0) return undefined
    const stride = strides[type] ?? 1
    if (samples[type]! % stride !== 0) return undefined
    kept[type] = (kept[type] ?? 0) + 1
    if (kept[type]! % MOST_PARAMS === 0) strides[type] = 2 * stride
    return params
  }
  let rows: Row[] = []
  const lots = new Map<string, number>()
  let mask = 0
  let lines = 0
  /** By the block in which it was written, or in which its trace began. */
  const lotAt = ({ at, trace }: RcaEvent): number => {
    if (!trace) return lotOf(blockOf(at))
    let lot = lots.get(trace)
    if (lot === undefined) {
      lot = lotOf(blockOf(at))
      if (lots.size >= MOST_TRACES)
        for (const old of lots.keys().take(MOST_TRACES / 2)) lots.delete(old)
      lots.set(trace, lot)
    }
    return lot
  }
  const keeps = (at: number): boolean => (lotOf(blockOf(at)) & mask) === 0
  return {
    dictionary,
    get lines() {
      return lines
    },
    push(event) {
      lines++
      const lot = lotAt(event)
      if ((lot & mask) !== 0) return
      const service = dictionary.services.of(event.service)
      const type = typeOf(dictionary, service, event.template)
      samples[type] = (samples[type] ?? 0) + 1
      if (samples[type]! <= SAMPLES) spoken.read(event.text, service)
      rows.push({
        ...{ at: event.at, service, lot, level: levelRank(event.level) },
        instance:
          event.instance === undefined ? -1 : instanceOf(dictionary, service, event.instance),
        type,
        trace: event.trace ? traces.of(event.trace) : -1,
        span: event.span ? spans.of(event.span) : -1,
        long: event.text.length > LONG_LINE,
        params: paramsOf(event, type),
      })
      if (rows.length < most) return
      mask = mask * 2 + 1
      rows = rows.filter(row => (row.lot & mask) === 0)
    },
    frame: called =>
      called === undefined
        ? frameOf(rows, dictionary, dictionary, mask === 0 ? undefined : keeps)
        : frameOf(rows, dictionary, renamed(dictionary, called), mask === 0 ? undefined : keeps),
    components: () => {
      const services = new Set(dictionary.services.list.map(name => name.toLowerCase()))
      return new Map([...spoken.names()].filter(([name]) => !services.has(name)))
    },
  }
}

const blockOf = (at: number): number => Math.floor(at / BLOCK_MS)

/** Mixes the bits of a number well (Murmur's finalizer). */
const lotOf = (block: number): number => {
  let hash = block | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** The same services and instances, with room for types by other names. */
const renamed = (dictionary: Dictionary, called: Called) => ({
  ...createDictionary(dictionary.services.list, [], dictionary.instances.list),
  called,
})

const frameOf = (
  rows: readonly Row[],
  from: Dictionary,
  to: Dictionary & { called?: Called },
  keeps: ((at: number) => boolean) | undefined,
): Frame => {
  const { called = text => ({ text, isOld: false }) } = to
  const types = from.types.list.map((_, type) => {
    const { text, isOld } = called(templateOf(from, type))
    return { type: typeOf(to, from.typeService[type]!, text), isOld }
  })
  const sorted = rows.toSorted((a, b) => a.at - b.at)
  const frame = emptyFrame(sorted.length, to)
  if (keeps !== undefined) frame.keeps = keeps
  sorted.forEach((row, i) => {
    const { type, isOld } = types[row.type]!
    frame.at[i] = row.at
    frame.service[i] = row.service
    frame.instance[i] = row.instance
    frame.type[i] = type
    frame.trace[i] = row.trace
    frame.span[i] = row.span
    frame.level[i] = row.level
    frame.long[i] = row.long ? 1 : 0
    frame.params[i] = isOld ? undefined : row.params
  })
  return link(frame)
}
