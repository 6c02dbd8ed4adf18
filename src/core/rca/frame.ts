import { createNames, type Names } from './names.ts'
import type { RcaEvent } from './types.ts'

/** What events speak of, numbered. A type is a template of one service. */
export interface Dictionary {
  services: Names
  instances: Names
  types: Names
  /** Service of each type and of each instance. */
  typeService: number[]
  instanceService: number[]
}

/** Events in order of time as columns, with what belongs together. */
export interface Frame {
  size: number
  dictionary: Dictionary
  at: Float64Array
  service: Int32Array
  /** −1 where unknown. */
  instance: Int32Array
  type: Int32Array
  /** Type and whether the line before in its span was of the same type: 2 · type + 0 or 1. */
  step: Int32Array
  /** −1 where there is none. */
  trace: Int32Array
  span: Int32Array
  level: Uint8Array
  /** Whether writing the line takes time of its own. */
  long: Uint8Array
  params: (readonly string[] | undefined)[]
  /** Positions of the events of each trace. */
  traces: Int32Array[]
  /** The same by span within the trace (else by service). */
  spans: Int32Array[]
  /** Positions of the events without a trace, by instance (else service). */
  streams: Int32Array[]
  /** Whether what was written then was kept, where only some blocks of time were. */
  keeps?: (at: number) => boolean
  /** The events themselves, where they are kept. */
  events?: readonly RcaEvent[]
}

/** What is kept of too many lines is kept in whole blocks of time, ms. */
export const BLOCK_MS = 60_000

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']
export const WARN = 4
export const ERROR = 5
/** Longer lines take time to be written: what stands between them says nothing. */
const LONG_LINE = 8_000
const SEPARATOR = '\u0000'

export const createDictionary = (
  services: readonly string[] = [],
  types: readonly (readonly [service: number, template: string])[] = [],
  instances: readonly string[] = [],
): Dictionary => {
  const dictionary: Dictionary = {
    services: createNames(services),
    instances: createNames(),
    types: createNames(),
    typeService: [],
    instanceService: [],
  }
  for (const [service, template] of types) typeOf(dictionary, service, template)
  for (const name of instances) {
    const [service = '', instance = ''] = name.split(SEPARATOR)
    instanceOf(dictionary, dictionary.services.of(service), instance)
  }
  return dictionary
}

export const typeOf = (dictionary: Dictionary, service: number, template: string): number => {
  const type = dictionary.types.of(`${service}${SEPARATOR}${template}`)
  dictionary.typeService[type] = service
  return type
}

export const instanceOf = (dictionary: Dictionary, service: number, name: string): number => {
  const full = `${dictionary.services.list[service]}${SEPARATOR}${name}`
  const instance = dictionary.instances.of(full)
  dictionary.instanceService[instance] = service
  return instance
}

export const instanceName = (dictionary: Dictionary, instance: number): string =>
  dictionary.instances.list[instance]!.split(SEPARATOR)[1]!

export const templateOf = (dictionary: Dictionary, type: number): string => {
  const name = dictionary.types.list[type]!
  return name.slice(name.indexOf(SEPARATOR) + 1)
}

export const serviceName = (dictionary: Dictionary, service: number): string =>
  dictionary.services.list[service]!

export const levelRank = (level: string | undefined): number =>
  level === undefined ? 0 : LEVELS.indexOf(level) + 1

/** Puts events in order of time and numbers what they speak of; the dictionary grows. */
export const createFrame = (events: readonly RcaEvent[], dictionary: Dictionary): Frame => {
  const order = orderOf(events)
  const size = order.length
  const traceNames = createNames()
  const spanNames = createNames()
  const frame = emptyFrame(size, dictionary)
  const sorted = Array.from(order, i => events[i]!)
  for (let i = 0; i < size; i++) {
    const event = sorted[i]!
    const service = dictionary.services.of(event.service)
    frame.at[i] = event.at
    frame.service[i] = service
    frame.instance[i] =
      event.instance === undefined ? -1 : instanceOf(dictionary, service, event.instance)
    frame.type[i] = typeOf(dictionary, service, event.template)
    frame.trace[i] = event.trace ? traceNames.of(event.trace) : -1
    frame.span[i] = event.span ? spanNames.of(event.span) : -1
    frame.level[i] = levelRank(event.level)
    frame.long[i] = event.text.length > LONG_LINE ? 1 : 0
    frame.params[i] = event.params
  }
  return link({ ...frame, events: sorted })
}

export const emptyFrame = (size: number, dictionary: Dictionary): Frame => ({
  size,
  dictionary,
  at: new Float64Array(size),
  service: new Int32Array(size),
  instance: new Int32Array(size),
  type: new Int32Array(size),
  step: new Int32Array(size),
  trace: new Int32Array(size),
  span: new Int32Array(size),
  level: new Uint8Array(size),
  long: new Uint8Array(size),
  params: new Array(size),
  traces: [],
  spans: [],
  streams: [],
})

const orderOf = (events: readonly RcaEvent[]): Int32Array => {
  const order = Int32Array.from(events, (_, i) => i)
  return order.sort((a, b) => events[a]!.at - events[b]!.at || a - b)
}

/** Finds the traces and streams of a frame whose columns stand, and the steps of its events. */
export const link = (frame: Frame): Frame => {
  const { size, trace, span, service, instance, type, step } = frame
  const traces = new Map<number, number[]>()
  const streams = new Map<number, number[]>()
  const push = (to: Map<number, number[]>, key: number, i: number): void => {
    const list = to.get(key)
    if (list === undefined) to.set(key, [i])
    else list.push(i)
  }
  for (let i = 0; i < size; i++) {
    if (trace[i]! >= 0) push(traces, trace[i]!, i)
    else push(streams, instance[i]! >= 0 ? instance[i]! : -1 - service[i]!, i)
  }
  const toArrays = (groups: Map<number, number[]>): Int32Array[] =>
    [...groups.values()].map(list => Int32Array.from(list))
  frame.traces = toArrays(traces)
  frame.streams = toArrays(streams)
  frame.spans = frame.traces.flatMap(group => {
    const parts = new Map<number, number[]>()
    for (const i of group) push(parts, span[i]! >= 0 ? span[i]! : -1 - service[i]!, i)
    return toArrays(parts)
  })
  const last = new Map<number, number>()
  for (const stream of frame.streams) for (const i of stream) step[i] = 2 * type[i]!
  for (const group of frame.traces) {
    last.clear()
    for (const i of group) {
      const place = span[i]! >= 0 ? span[i]! : -1 - service[i]!
      step[i] = 2 * type[i]! + (last.get(place) === type[i] ? 1 : 0)
      last.set(place, type[i]!)
    }
  }
  return frame
}

/** A stretch of a frame as a frame of its own: traces by their first line, other lines by their time. */
export const sliceFrame = (frame: Frame, from: number, to: number): Frame => {
  const keep: number[] = []
  const inside = new Set<number>()
  for (const group of frame.traces) {
    const first = frame.at[group[0]!]!
    if (first >= from && first < to) inside.add(frame.trace[group[0]!]!)
  }
  for (let i = 0; i < frame.size; i++) {
    const trace = frame.trace[i]!
    const at = frame.at[i]!
    if (trace >= 0 ? inside.has(trace) : at >= from && at < to) keep.push(i)
  }
  return pickFrame(frame, keep)
}

export const pickFrame = (frame: Frame, keep: readonly number[]): Frame => {
  const out = emptyFrame(keep.length, frame.dictionary)
  keep.forEach((i, k) => {
    out.at[k] = frame.at[i]!
    out.service[k] = frame.service[i]!
    out.instance[k] = frame.instance[i]!
    out.type[k] = frame.type[i]!
    out.trace[k] = frame.trace[i]!
    out.span[k] = frame.span[i]!
    out.level[k] = frame.level[i]!
    out.long[k] = frame.long[i]!
    out.params[k] = frame.params[i]
  })
  const { events, keeps } = frame
  if (keeps !== undefined) out.keeps = keeps
  return link(events === undefined ? out : { ...out, events: keep.map(i => events[i]!) })
}
