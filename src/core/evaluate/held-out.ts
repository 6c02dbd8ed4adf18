import type { LearnInput, OpenModel, SessionVerdict } from '../pipeline/engine.ts'
import type { Bundle } from '../store/bundle.ts'
import { fisher, mcnemar } from './significance.ts'

/** Lines, or sessions of events, that a model did not learn from. */
export interface HeldOut {
  /**
   * What is to be judged, lines numbered by `position`; some may come before `from`, so that
   * sessions which began there are known as such.
   */
  open(): LearnInput
  /** Position of the first line that was held out. */
  from: number
}

/**
 * How many normal sessions a model alarms on, and how odd it finds them. Sessions that the end of the
 * log cut off count: good for comparing two models on the same lines, no rate of false alarms.
 */
export interface HeldOutFigures {
  sessions: number
  alarmed: number
  /** `alarmed` of `sessions`. */
  share: number
  /** −ln p of the sessions, nats; 1 on average where training told the truth about them. */
  mean: number
  median: number
}

/** A new model beside the one that is served, on what the new one has not seen. */
export interface HeldOutComparison {
  candidate: HeldOutFigures
  latest?: HeldOutFigures & { version: string }
  test?: {
    name: 'McNemar' | 'Fisher'
    /** Sessions on which one of both alarmed alone; by McNemar only. */
    onlyCandidate?: number
    onlyLatest?: number
    /** Probability of a difference like this by chance. */
    p: number
    /** A difference counts from here down. */
    level: number
  }
  /** Whether the candidate alarms on more than `latest`, by more than chance. */
  worse: boolean
  /** The outcome in words, with both figures. */
  why: string
}

/**
 * Sessions of one log come in bursts and are no independent draws, and whoever promotes by hand can
 * overrule: a strict level.
 */
export const LEVEL = 0.01
/** Fewer sessions than this are no evidence, whatever the test says. */
const LEAST = 20
/** Share of the sessions that both models must have cut alike to be compared pair by pair. */
const ALIKE = 0.9

/**
 * Judges what was held out, the drift rule off: each session by itself. Sessions that began before
 * are left out: the model would see them without their beginning.
 */
export const judgeHeldOut = async (
  model: OpenModel,
  { open, from }: HeldOut,
): Promise<SessionVerdict[]> => {
  const input = open()
  let verdicts: SessionVerdict[] = []
  const take = (found: readonly SessionVerdict[]): void => {
    verdicts = verdicts.concat(found.filter(({ lines }) => lines.every(line => line >= from)))
  }
  if (input.format === 'lines') {
    for await (const lines of input.open()) take((await model.feed(lines)).verdicts)
  } else {
    for await (const rows of input.open()) take((await model.feedRows(rows, 'input')).verdicts)
  }
  take((await model.flush()).verdicts)
  return verdicts
}

export const figuresOf = (verdicts: readonly SessionVerdict[]): HeldOutFigures => {
  const sessions = verdicts.length
  const alarmed = verdicts.filter(({ anomalous }) => anomalous).length
  const odd = verdicts.map(({ pValue }) => -Math.log(pValue)).sort((a, b) => a - b)
  const middle = odd.length >> 1
  return {
    ...{ sessions, alarmed },
    share: sessions === 0 ? 0 : alarmed / sessions,
    mean: sessions === 0 ? 0 : odd.reduce((a, b) => a + b, 0) / sessions,
    median: sessions === 0 ? 0 : (odd[middle]! + odd[odd.length - 1 - middle]!) / 2,
  }
}

/** Compares what two models say of the same stretch; without `latest` there is nothing to compare. */
export const compareHeldOut = (
  candidate: readonly SessionVerdict[],
  latest?: { version: string; verdicts: readonly SessionVerdict[] },
): HeldOutComparison => {
  const own = figuresOf(candidate)
  if (latest === undefined) return { candidate: own, worse: false, why: alone(own) }
  const other = { ...figuresOf(latest.verdicts), version: latest.version }
  const told = `${sayShare(own)}, latest (${latest.version}) on ${sayShare(other)}`
  const base = { candidate: own, latest: other }
  if (Math.min(own.sessions, other.sessions) < LEAST) {
    return { ...base, worse: false, why: `${tooFew(own.sessions)}: it alarms on ${told}` }
  }
  const test = testOf(candidate, latest.verdicts)
  const more = own.share > other.share
  const worse = more && test.p < LEVEL
  const verdict = worse
    ? 'worse by more than chance'
    : more
      ? 'no worse than chance explains'
      : 'no worse'
  return {
    ...base,
    test,
    worse,
    why: `of the held-out sessions it alarms on ${told}: ${verdict} (${sayTest(test)})`,
  }
}

const alone = (own: HeldOutFigures): string =>
  own.sessions === 0
    ? 'nothing was held out, so that nothing speaks against it'
    : `it alarms on ${sayShare(own)} of the held-out sessions, those that the end of the log cut off ` +
      'among them; there is no other model to compare with'

const tooFew = (sessions: number): string =>
  `only ${sessions} sessions were held out, too few to speak against it`

const sayShare = ({ share, alarmed, sessions }: HeldOutFigures): string =>
  `${(100 * share).toFixed(2)} % (${alarmed} of ${sessions})`

const sayTest = ({ name, onlyCandidate, onlyLatest, p, level }: Test): string => {
  const counts =
    onlyCandidate === undefined
      ? ''
      : `, ${onlyCandidate} against ${onlyLatest} that only one finds odd`
  return `${name}${counts}, p = ${p.toPrecision(2)}, level ${level}`
}

type Test = NonNullable<HeldOutComparison['test']>

/** Pair by pair where both cut the lines into the same sessions, else share against share. */
const testOf = (candidate: readonly SessionVerdict[], latest: readonly SessionVerdict[]): Test => {
  const theirs = new Map(latest.map(verdict => [nameOf(verdict), verdict.anomalous]))
  const paired = candidate.filter(verdict => theirs.has(nameOf(verdict)))
  if (paired.length >= ALIKE * Math.max(candidate.length, latest.length)) {
    const differ = paired.filter(v => theirs.get(nameOf(v)) !== v.anomalous)
    const onlyCandidate = differ.filter(({ anomalous }) => anomalous).length
    const onlyLatest = differ.length - onlyCandidate
    return {
      name: 'McNemar',
      ...{ onlyCandidate, onlyLatest, p: mcnemar(onlyCandidate, onlyLatest), level: LEVEL },
    }
  }
  const hits = (list: readonly SessionVerdict[]) => list.filter(v => v.anomalous).length
  const p = fisher([hits(candidate), hits(latest)], [candidate.length, latest.length])
  return { name: 'Fisher', p, level: LEVEL }
}

const nameOf = ({ source, session, lines }: SessionVerdict): string =>
  `${lines[0]} ${lines.at(-1)} ${lines.length} ${source} ${session}`

/** A bundle that alarms by another budget: models are compared at the same one. */
export const withBudget = (bundle: Bundle, budget: number): Bundle => {
  const { detectors, ...rest } = bundle.calibration as { detectors: Record<string, object> }
  const changed = Object.entries(detectors).map(([kind, parts]) => [kind, { ...parts, budget }])
  return { ...bundle, calibration: { ...rest, detectors: Object.fromEntries(changed) } }
}
