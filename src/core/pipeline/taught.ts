import { createDetector, type Detector } from '../detect/detector.ts'
import type { Parser } from '../parse/parser.ts'
import type { Session } from '../types.ts'
import type { Taught } from './stream-types.ts'

type Detectors = Partial<Record<Session['kind'], Detector>>

/** What people said is normal, by the template ids of one model. */
export interface TaughtEvents {
  sessions: readonly { kind: Session['kind']; events: readonly number[] }[]
  /** Templates that are normal wherever they stand. */
  free: ReadonlySet<number>
}

/** The part of it that bears on verdicts. */
export interface Clearing {
  /** The detectors, with the taught sessions among their training rows. */
  detectors: Detectors
  /** Whether an alarm of this session is taken back. */
  clears(session: Session): boolean
}

/** What was taught, in the ids of a parser's templates. */
export interface TaughtIds extends TaughtEvents {
  /** The id that a template counts as. */
  as(id: number): number
}

/** @param known ids of the model: none of them becomes another */
export const taughtIds = (
  { sessions, templates, aliases }: Taught,
  { intern }: Pick<Parser, 'intern'>,
  known: ReadonlySet<number>,
): TaughtIds => {
  const same = new Map(
    aliases
      .map(({ template, as }) => [intern(template), intern(as)] as const)
      .filter(([id]) => !known.has(id)),
  )
  return {
    sessions: sessions.map(({ kind, templates: all }) => ({ kind, events: all.map(intern) })),
    free: new Set(templates.map(intern)),
    as: id => same.get(id) ?? id,
  }
}

export const NOTHING_TAUGHT: TaughtEvents = { sessions: [], free: new Set() }

/**
 * Taught sessions become rows of the training set: what is near to them is ordinary, too. They
 * themselves never alarm, however rare one more row may be. Templates that are normal anywhere are
 * left out of a session that would alarm; it does only if it would without them, too.
 */
export const createClearing = (trained: Detectors, { sessions, free }: TaughtEvents): Clearing => {
  const detectors = { ...trained }
  for (const kind of ['key', 'window'] as const) {
    const rows = sessions.flatMap(session => (session.kind === kind ? [[...session.events]] : []))
    const detector = trained[kind]
    if (rows.length > 0 && detector !== undefined) detectors[kind] = withRows(detector, rows)
  }
  const exact = new Set(sessions.map(({ kind, events }) => `${kind} ${events.join(' ')}`))
  const clears = ({ kind, events }: Session): boolean => {
    if (exact.size > 0 && exact.has(`${kind} ${events.join(' ')}`)) return true
    if (free.size === 0) return false
    const rest = events.filter(event => !free.has(event))
    if (rest.length === events.length) return false
    return rest.length === 0 || detectors[kind]?.score(rest).anomalous === false
  }
  return { detectors, clears }
}

const withRows = ({ parts }: Detector, rows: number[][]): Detector =>
  createDetector({
    ...parts,
    rows: [...parts.rows, ...rows],
    weights: [...parts.weights, ...rows.map(() => 1)],
  })
