import type { Detector } from '../detect/detector.ts'
import type { Explanation } from '../detect/explain.ts'
import type { Verdict } from '../detect/verdict.ts'
import type { WindowRule } from '../sequence/window.ts'
import type { Session } from '../types.ts'
import type { NetworkOpinion } from './anomaly.ts'
import type { Network } from './network.ts'
import { createClearing, NOTHING_TAUGHT, type TaughtEvents } from './taught.ts'
import { windowVerdict } from './window-rule.ts'

/** A session with what was found about it. */
export interface Judged {
  session: Session
  verdict: Verdict
}

export interface JudgeDeps {
  /** One a population; a kind that training did not have has none. */
  detectors: Partial<Record<Session['kind'], Detector>>
  network?: Network | undefined
  /** How windows are cut. */
  window?: WindowRule | undefined
  /** Of a stored stream, see `Judge.strange`. */
  strange?: readonly number[]
}

/** Judges closed sessions. */
export interface Judge {
  judge(sessions: readonly Session[]): Promise<Judged[]>
  /** Why a session is odd, and what the network says at its odd places. */
  explain(
    session: Session,
  ): Promise<{ explanation: Explanation; opinions: Map<number, NetworkOpinion> }>
  /** From now on, in place of what was taught before. */
  teach(taught: TaughtEvents): void
  /** New templates that sessions of a kind unknown to training have shown, in order. */
  strange(): number[]
  /** Judges a session of training: what throws now is not the fault of any session at hand. */
  probe(): Promise<void>
  /**
   * Asks the network about some sequences of training, the commonest first, so that it need not be
   * when they come. False when there is nothing left to ask.
   */
  warm(): Promise<boolean>
  /** Scores found among those computed before, and computed. */
  cache(): { hits: number; misses: number }
}

/** Odd places of one session about which the network is asked. */
const MOST_ASKED = 5
const EXPECTED = 5
/** Nats of an end that was likelier than not: nothing is odd about it. */
const LIKELY = Math.LN2

export const createJudge = ({ detectors, network, window, strange }: JudgeDeps): Judge => {
  const strangers = createStrangers(detectors, strange)
  let clearing = createClearing(detectors, NOTHING_TAUGHT)
  const detectorOf = ({ kind }: Session): Detector | undefined => clearing.detectors[kind]

  /** At least one odd place where there is any: else the events that are too many, or the oddest. */
  const reasons = (session: Session): Explanation => {
    const explanation = detectorOf(session)?.explain(session.events) ?? strangers.explain(session)
    const { length } = session.events
    const ends = session.kind === 'key' && session.closedBy !== 'length'
    const endsOdd = ends && explanation.endSurprise > LIKELY
    const odd = explanation.odd.filter(place => place < length || endsOdd)
    return { ...explanation, odd: odd.length > 0 ? odd : oddest(session, explanation) }
  }

  const judge = async (sessions: readonly Session[]): Promise<Judged[]> => {
    const own = sessions.filter(session => session.kind === network?.group)
    const said = (await network?.values(own.map(({ events }) => events))) ?? []
    const values = new Map(own.map((session, i) => [session, said[i]!]))
    return sessions.map(session => {
      const detector = detectorOf(session)
      const raw =
        detector?.score(session.events, values.get(session)) ?? strangers.verdictOf(session)
      const verdict = windowVerdict(session, raw, window, () => reasons(session))
      const cleared = verdict.anomalous && clearing.clears(session)
      return { session, verdict: cleared ? { ...verdict, anomalous: false } : verdict }
    })
  }

  const explain = async (session: Session) => {
    const { events, kind } = session
    const explanation = reasons(session)
    const opinions = new Map<number, NetworkOpinion>()
    if (network !== undefined && kind === network.group) {
      const asked = explanation.odd.slice(0, MOST_ASKED)
      const answers = await network.opinions(events, asked, EXPECTED)
      for (const [i, position] of asked.entries()) opinions.set(position, answers[i]!)
    }
    return { explanation, opinions }
  }
  const teach = (taught: TaughtEvents): void => {
    clearing = createClearing(detectors, taught)
    strangers.teach([...taught.sessions.flatMap(({ events }) => events), ...taught.free])
  }
  const common = network === undefined ? [] : commonRows(detectors[network.group])
  let warmed = 0
  const warm = async (): Promise<boolean> => {
    if (warmed >= common.length) return false
    const slice = common.slice(warmed, warmed + WARM_SLICE)
    warmed += slice.length
    await network?.values(slice)
    return true
  }
  const probe = async (): Promise<void> => {
    for (const [kind, detector] of Object.entries(detectors)) {
      const [row] = commonRows(detector)
      if (row === undefined) continue
      detector.score(row)
      // Opinions are never remembered: the network does run.
      if (kind === network?.group) await network.opinions(row, [0], 1)
    }
  }
  const cache = () => {
    const all = Object.values(clearing.detectors).map(detector => detector.cache)
    return {
      hits: all.reduce((sum, { hits }) => sum + hits, 0),
      misses: all.reduce((sum, { misses }) => sum + misses, 0),
    }
  }
  return { judge, explain, teach, strange: strangers.shown, probe, warm, cache }
}

/** Sequences asked about ahead of time, and at a time. */
const MOST_WARMED = 4_000
const WARM_SLICE = 16

const commonRows = (detector: Detector | undefined): number[][] => {
  const { rows, weights } = detector?.parts ?? { rows: [], weights: [] }
  const order = rows.map((_, i) => i).sort((a, b) => weights[b]! - weights[a]!)
  return order.slice(0, MOST_WARMED).map(i => rows[i]!)
}

/** Last occurrences of what there is too much of, else the most surprising place, the end included. */
const oddest = (
  { events, kind }: Session,
  { extra, surprise, endSurprise }: Explanation,
): number[] => {
  const places = extra.slice(0, MOST_ASKED).map(({ event }) => events.lastIndexOf(event))
  if (places.length > 0) return places.filter(place => place >= 0).sort((a, b) => a - b)
  const all = kind === 'key' ? [...surprise, endSurprise] : surprise
  return all.length === 0 ? [] : [all.reduce((best, nats, i) => (nats > all[best]! ? i : best), 0)]
}

const MOST_KNOWN = 1_000_000

/**
 * Sessions of a kind that training did not have at all (windows of lines without a key, say): only
 * templates that training never saw speak, and each of them once.
 */
const createStrangers = (detectors: JudgeDeps['detectors'], before: readonly number[] = []) => {
  const rows = Object.values(detectors).flatMap(detector => detector?.parts.rows ?? [])
  const known = new Set(rows.flat())
  const shown = new Set<number>()
  const learn = (events: Iterable<number>): void => {
    for (const event of events) {
      if (known.has(event) || known.size >= MOST_KNOWN) continue
      known.add(event)
      shown.add(event)
    }
  }
  learn(before)
  let taught: ReadonlySet<number> = new Set()
  const rare = 1 / (rows.length + 1)
  const fresh = new WeakMap<Session, Set<number>>()
  const verdictOf = (session: Session): Verdict => {
    const own = new Set(session.events.filter(event => !known.has(event) && !taught.has(event)))
    fresh.set(session, own)
    learn(own)
    const score = own.size
    const pValue = score > 0 ? rare : 1
    const voices = [{ name: 'novelty', score, pValue }]
    return { score, pValue, anomalous: score > 0, kind: 'new template', voices }
  }
  const explain = (session: Session): Explanation => {
    const { events } = session
    const odd = events.flatMap((event, i) => (fresh.get(session)?.has(event) ? [i] : []))
    const nothing = events.map(() => 0)
    return {
      ...{ surprise: nothing, context: nothing, endSurprise: 0 },
      ...{ expectedAt: () => [], entropyAt: () => undefined, odd, missing: [], extra: [] },
    }
  }
  const teach = (events: Iterable<number>): void => {
    taught = new Set(events)
  }
  return { verdictOf, explain, teach, shown: () => [...shown] }
}
