import { kindOf } from '../core/rca/cited-lines.ts'
import type {
  CitedLine,
  RcaMissing,
  RcaParameter,
  RcaReport,
  Suspect,
  TimelineEntry,
} from '../core/rca/types.ts'
import type { Board as AnyBoard } from './board.ts'

export type Board = AnyBoard<Shown>
export type Say = (text: string) => string
/** `odds` are surprise and entropy, where the model of normal time was asked about the line. */
export type Shown = [
  label: string,
  seconds: number,
  service: string,
  count: number,
  text: string,
  ...odds: number[],
]
export type Line = Omit<CitedLine, 'instance'>

/** A place in a template. */
const PLACED = /^value \d+ of "/
/** Of the first suspect, and of any other finding. */
const MOST_LINES = 4
const SOME_LINES = 2
const MOST_TIES = 4
/** Lines of one kind that are shown; how many there are is said beside the kind. */
const MOST_ALIKE = 2
const MOST_EXPECTED = 2
/** Suspects and missing steps, and entries of the timeline, that come before the others. */
const TOP = 3
const FIRST_TIMES = 10

/** Puts findings on the board by what they matter; gives the suspects that found room. */
export const fillBoard = (
  board: Board,
  { suspects, firstDeviation, missing, parameters = [], timeline }: RcaReport,
  pick: Picker['pick'],
  say: Say,
  since: (at: number) => number,
): Map<string, string> => {
  const names = new Map<string, string>()
  const addSuspect = ({ name, kind, score, parts, why, ties, evidence }: Suspect): void => {
    const label = `S${names.size + 1}`
    const shown = say(name)
    const most = names.size === 0 ? MOST_LINES : SOME_LINES
    const isIn = board.add('suspects', pick(evidence, most), lines => ({
      ...{ label, name: shown, kind, score: rounded(score), parts: mapped(parts, rounded) },
      why: say(why),
      ...(ties && { asLikely: ties.slice(0, MOST_TIES).map(say) }),
      lines,
    }))
    if (isIn) names.set(label, shown)
  }
  const addTime = ({ at, service, what, evidence }: TimelineEntry): void => {
    board.add('timeline', pick(evidence), lines => ({
      ...{ at: since(at), service: say(service), what: say(what), lines },
    }))
  }
  const addMissing = ({ service, template, expected, got, evidence }: RcaMissing): void => {
    board.add('missing', pick(evidence), after => ({
      ...{
        service: say(service),
        template: say(template),
        expected: rounded(expected),
        got,
        after,
      },
    }))
  }
  const addCommon = ({ name, value, affected, healthy, evidence }: RcaParameter): void => {
    // What has no name of its own is hidden by the words around it: its lines show it.
    const what = PLACED.test(name) ? name : `${name}=${value}`
    board.add('inCommon', pick(evidence), lines => ({ what: say(what), affected, healthy, lines }))
  }
  suspects.slice(0, 1).forEach(addSuspect)
  if (firstDeviation !== undefined) {
    const expected = firstDeviation.expected
      .slice(0, MOST_EXPECTED)
      .map(({ service, template, p }) => [say(service), say(template), rounded(p)])
    board.add('firstDeviation', [firstDeviation.line], ([line]) => ({ line, expected }))
  }
  suspects.slice(1, TOP).forEach(addSuspect)
  missing.slice(0, TOP).forEach(addMissing)
  parameters.slice(0, TOP).forEach(addCommon)
  timeline.slice(0, FIRST_TIMES).forEach(addTime)
  suspects.slice(TOP).forEach(addSuspect)
  missing.slice(TOP).forEach(addMissing)
  timeline.slice(FIRST_TIMES).forEach(addTime)
  return names
}

export interface Picker {
  /** Some of the lines of a finding. */
  pick(ids: readonly string[], most?: number): string[]
  /** Whether it is named only: its text says nothing that others do not. */
  isQuiet(id: string): boolean
}

/** Few lines of each kind, but one at least for each finding. */
export const createPicker = (known: ReadonlyMap<string, Line>): Picker => {
  const alike = new Map<string, Set<string>>()
  const quiet = new Set<string>()
  const isTelling = (id: string): boolean => {
    const line = known.get(id)
    if (line === undefined) return true
    const kind = kindOf(line.service, line.template)
    const shown = alike.get(kind) ?? new Set()
    if (shown.size >= MOST_ALIKE && !shown.has(id)) return false
    alike.set(kind, shown.add(id))
    return true
  }
  return {
    pick(ids, most = SOME_LINES) {
      const telling: string[] = []
      for (const id of ids) if (telling.length < most && isTelling(id)) telling.push(id)
      if (telling.length > 0 || ids.length === 0) return telling
      quiet.add(ids[0]!)
      return [ids[0]!]
    },
    isQuiet: id => quiet.has(id),
  }
}

const mapped = (record: Record<string, number>, change: (value: number) => number) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))

/** Surprise and entropy of a line, as far as they are known. */
export const oddsOf = ({ surprise, entropy }: Line): number[] =>
  surprise === undefined ? [] : [surprise, ...(entropy === undefined ? [] : [entropy])].map(rounded)

const rounded = (value: number): number => Number(value.toPrecision(3))
