import {
  type Elsewhere,
  type Evidence,
  type GapRates,
  MOST_CITED,
  type Scene,
} from '../evidence.ts'
import { serviceName, WARN } from '../frame.ts'
import { CALL, eachGap, eachPause, type Gap, INSIDE, PAUSE, RETURN } from '../gap-table.ts'
import { shareAmong } from '../scene-names.ts'
import { eitherEnd, waitedFor } from './slow-blame.ts'
import { elsewhere, groupOf, noteGap, ratesOf, type SlowGroup } from './slow-groups.ts'
import { slowStrength, strongestOf } from './slow-strength.ts'
import { CLOCKS, isRare, limitOf, RESOLUTION, spreadsFor } from './slow-usual.ts'
import { slowWords } from './slow-words.ts'

/** Finds places where time passes that does not in normal time, and how much of each service is slow. */
export const findSlow = (
  scene: Scene,
): { found: Evidence[]; rates: ReadonlyMap<number, GapRates> } => {
  const groups = new Map<string, SlowGroup>()
  const { frame, profile, start, end } = scene
  const { traceMs } = profile
  const judge = ({ from, to, kind, ms, steps, ends }: Gap): void => {
    if (frame.at[to]! > end) return
    const link = [...ends, kind] as const
    const isTrouble =
      frame.level[to]! >= WARN || frame.level[from]! >= WARN || isRare(profile, frame.type[from]!)
    const { like, spreads } = spreadsFor(profile, steps, ...link, isTrouble)
    const [spread] = spreads
    if (spread === undefined) return
    const least = kind === INSIDE ? 2 * RESOLUTION : CLOCKS
    const limit = Math.max(...spreads.map(each => limitOf(each, least)))
    const beyond = ms > limit ? Math.log(ms / Math.max(limit, RESOLUTION)) : 0
    const pair = groupOf(groups, `slow ${kind} ${steps[0]} ${steps[1]}`, ...link, traceMs)
    pair.steps = steps
    const whole = groupOf(groups, `slow ${kind} ${link[0]}>${link[1]}`, ...link, traceMs)
    for (const group of [pair, whole]) {
      noteGap(scene, group, { from, to, ms, usual: spread.median, like }, beyond, start)
      if (group.n + group.before.n === 1) group.normal = spread.n
    }
    whole.normal = Math.max(whole.normal, spread.n)
  }
  for (const trace of frame.traces) {
    eachGap(frame, trace, profile.concurrent, profile.parents, judge)
  }
  eachPause(frame, judge)
  const correction = Math.log(Math.max(1, groups.size))
  const found = strongestOf(groups, correction).flatMap(group =>
    toEvidence(scene, group, correction, elsewhere(groups, group)),
  )
  return { found, rates: ratesOf(groups) }
}

const toEvidence = (
  scene: Scene,
  group: SlowGroup,
  correction: number,
  rest: Elsewhere,
): Evidence[] => {
  const { frame } = scene
  const { dictionary } = frame
  const { slow, kind } = group
  const from = serviceName(dictionary, group.from)
  const to = serviceName(dictionary, group.to)
  const sorted = [...slow].sort((a, b) => b.ms / Math.max(b.usual, 1) - a.ms / Math.max(a.usual, 1))
  const typical = sorted[sorted.length >> 1]!
  const whole = slowStrength(group, correction)
  const named = shareAmong(waitedFor(scene, group), kind === INSIDE ? from : to)
  const base = {
    kind: 'slow' as const,
    ...(kind !== PAUSE && { writer: kind === RETURN ? to : from }),
    key: group.key,
    strength: whole,
    at: frame.at[slow[0]!.to]!,
    positions: sorted.slice(0, MOST_CITED).flatMap(gap => [gap.from, gap.to]),
    hits: slow.map(gap => ({ at: frame.at[gap.from]!, trace: frame.trace[gap.to]! })),
    instances: group.instances,
    what: slowWords(scene, group, typical),
  }
  if (kind === PAUSE) return [{ ...base, blame: eitherEnd(from, to, rest) }]
  // Time before a line that names somebody was spent on waiting for that one.
  if (kind === INSIDE || named.length > 1) return [{ ...base, blame: named }]
  return [{ ...base, blame: [], link: { from, to, isCall: kind === CALL, elsewhere: rest } }]
}
