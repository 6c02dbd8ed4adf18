import type { LogEvent } from '../types.ts'
import { labelBefore, scanIds } from './id-scan.ts'
import { eachText, isValue, type KeyPlace } from './key-rule.ts'

/** A family of values that may be the session key, with every (line, value) pair of the sample. */
export interface KeyCandidate {
  name: string
  place: KeyPlace
  /** Line numbers in the sample, ascending; a line has one row per distinct value. */
  lines: number[]
  /** Same length: dense number of the value. */
  values: number[]
  /** Value of each number. */
  names: string[]
}

/** Families beyond this many are not looked at; the refused ones are counted. */
const MAX_CANDIDATES = 2000

/** Names of a place for people: `blk_#1`, `thread`, `session …`. */
export const placeName = (place: KeyPlace): string => {
  switch (place.by) {
    case 'pattern':
      return `/${place.pattern}/`
    case 'source':
      return 'whole source'
    case 'field':
      return `field ${place.field}`
    case 'shape':
      return `id ${place.shape}`
    case 'label':
      return `value after ${place.labels.map(label => `'${label}'`).join(', ')}`
  }
}

/**
 * Collects every family of identifiers in a sample: by shape, by the word before the value, by
 * header field. Families that were refused because there are too many are counted in `refused`.
 */
export const collectCandidates = (
  sample: readonly LogEvent[],
): { candidates: KeyCandidate[]; refused: number } => {
  const found = new Map<string, Collector>()
  let refused = 0
  const add = (id: string, place: () => KeyPlace, line: number, value: string): void => {
    let collector = found.get(id)
    if (collector === undefined) {
      if (found.size >= MAX_CANDIDATES) {
        refused += 1
        return
      }
      collector = createCollector(place())
      found.set(id, collector)
    }
    collector.add(line, value)
  }
  sample.forEach((event, line) => {
    for (const field of fieldNames(event)) {
      const value = fieldValue(event, field)
      if (value !== undefined && isValue(value) && !/\s/.test(value)) {
        add(`f ${field}`, () => ({ by: 'field', field }), line, value)
      }
    }
    eachText(event, (text, name) => {
      scanIds(text, (token, start, readings) => {
        for (const { shape, value } of readings) {
          add(`s ${shape}`, () => ({ by: 'shape', shape }), line, value)
        }
        if (name !== '') return
        const label = labelBefore(text, start)
        const value = readings.at(-1)?.value ?? token
        if (label !== '') add(`l ${label}`, () => ({ by: 'label', labels: [label] }), line, value)
      })
    })
  })
  return { candidates: [...found.values()].map(collector => collector.candidate), refused }
}

const fieldNames = (event: LogEvent): string[] => [
  'process',
  'thread',
  ...Object.keys(event.fields ?? {}),
]

const fieldValue = (event: LogEvent, field: string): string | undefined =>
  field === 'process' || field === 'thread' ? event[field] : event.fields?.[field]

interface Collector {
  candidate: KeyCandidate
  add(line: number, value: string): void
}

const createCollector = (place: KeyPlace): Collector => {
  const candidate: KeyCandidate = {
    name: placeName(place),
    place,
    lines: [],
    values: [],
    names: [],
  }
  const ids = new Map<string, number>()
  let from = 0
  const add = (line: number, value: string): void => {
    let id = ids.get(value)
    if (id === undefined) {
      id = ids.size
      ids.set(value, id)
      candidate.names.push(value)
    }
    if (candidate.lines.at(-1) !== line) from = candidate.lines.length
    for (let i = from; i < candidate.values.length; i++) if (candidate.values[i] === id) return
    candidate.lines.push(line)
    candidate.values.push(id)
  }
  return { candidate, add }
}
