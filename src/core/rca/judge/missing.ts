import { type Evidence, MOST_CITED, newsOf, type Scene } from '../evidence.ts'
import { ERROR, serviceName, templateOf, WARN } from '../frame.ts'
import { moreOften, strengthOf } from '../likelihood.ts'
import { placeOf } from '../parents.ts'
import { blameForMissing } from './missing-blame.ts'
import { type Cases, type MissingCase, noteMissing, type Violation } from './missing-cases.ts'
import { walkRules } from './missing-walk.ts'

/** Finds steps after which what always comes did not come: the first such place of each trace. */
export const findMissing = (scene: Scene): Evidence[] => {
  const cases = new Map<string, MissingCase>()
  const { frame, profile } = scene
  for (const trace of frame.traces) judgeTrace(scene, trace, cases)
  const { streams } = profile.rules
  for (const stream of frame.streams) {
    for (const violation of walkRules(scene, stream, streams, true, cases, 'stream')) {
      noteMissing(scene, cases, 'stream', violation)
    }
  }
  const found: Evidence[] = []
  const correction = Math.log(Math.max(1, cases.size))
  for (const [key, each] of cases) {
    const evidence = each.k > 0 ? toEvidence(scene, key, each, correction) : undefined
    if (evidence !== undefined) found.push(evidence)
  }
  return found
}

/** Only the first thing that is missing counts: the rest of the trace follows from it. */
const judgeTrace = (scene: Scene, trace: Int32Array, cases: Cases): void => {
  const { rules } = scene.profile
  const { frame } = scene
  const violations: [string, Violation][] = []
  for (const violation of walkRules(scene, trace, rules.traces, false, cases, 'trace')) {
    violations.push(['trace', violation])
  }
  const parts = new Map<number, number[]>()
  for (const i of trace) {
    const place = placeOf(frame, i)
    const part = parts.get(place)
    if (part === undefined) parts.set(place, [i])
    else part.push(i)
  }
  for (const part of parts.values()) {
    const own = Int32Array.from(part)
    for (const violation of walkRules(scene, own, rules.spans, false, cases, 'span')) {
      violations.push(['span', violation])
    }
  }
  if (violations.length === 0) return
  const cutPlaces = new Set(
    violations.filter(([where]) => where === 'span').map(([, v]) => placeOf(frame, v.at)),
  )
  const { typeService } = frame.dictionary
  const end = frame.at[trace.at(-1)!]! + 1
  const evident = ({ at, rule }: Violation): number => {
    const isOwn = typeService[rule.next[0]! >> 1] === frame.service[at]
    const group = isOwn ? parts.get(placeOf(frame, at))! : trace
    const next = afterSteps(frame, group, group.indexOf(at), isOwn ? rule.near : rule.rank)
    return next === undefined ? end : frame.at[next]!
  }
  // Of what becomes evident at the same time the innermost, which was written last, is the reason.
  const order = violations.map(each => ({ each, when: evident(each[1]) }))
  order.sort((a, b) => a.when - b.when || b.each[1].at - a.each[1].at)
  const [where, first] = order[0]!.each
  noteMissing(scene, cases, where, {
    ...first,
    cut: cutPlaces.has(placeOf(frame, first.at)),
    trouble: firstTrouble(scene, trace, order[0]!.when),
  })
}

/** Where so many steps that differ have come after a place in a trace. */
const afterSteps = (
  { step }: Scene['frame'],
  group: ArrayLike<number>,
  from: number,
  count: number,
): number | undefined => {
  const seen = new Set<number>()
  for (let i = from + 1; i < group.length; i++) {
    seen.add(step[group[i]!]!)
    if (seen.size >= count) return group[i]!
  }
  return undefined
}

/** The first line of trouble in a trace up to a time, −1 if there is none. */
const firstTrouble = ({ frame, profile }: Scene, trace: Int32Array, until: number): number => {
  for (const i of trace) {
    if (frame.at[i]! > until) return -1
    const isNew = !profile.types.has(frame.type[i]!)
    if (frame.level[i]! >= (isNew ? WARN : ERROR)) return i
  }
  return -1
}

const toEvidence = (
  scene: Scene,
  key: string,
  own: MissingCase,
  correction: number,
): Evidence | undefined => {
  const { frame } = scene
  const { dictionary } = frame
  const { rule, n, k, seen } = own
  const single = own.traces.size === 1 && frame.trace[seen[0]!.at]! >= 0
  const ratio =
    moreOften(k, n, rule.p0 * (rule.n + 1) - 0.5, rule.n) * (single ? 0.5 : 1) - correction
  if (ratio <= 0) return undefined
  const [next] = rule.next
  const from = dictionary.typeService[rule.step >> 1]!
  const to = dictionary.typeService[next! >> 1]!
  const lines = seen.slice(0, MOST_CITED).flatMap(each => [each.at, each.instead])
  const template = templateOf(dictionary, next! >> 1)
  const first = seen[0]!
  const cited = lines.filter(i => i >= 0)
  return {
    kind: 'missing',
    writer: serviceName(dictionary, from),
    key: `missing ${key}`,
    blame: blameForMissing(scene, own, { from, to, type: next! >> 1 }),
    strength: strengthOf(ratio, k / n) * newsOf(k / n, own.before),
    at: frame.at[first.at]!,
    positions: cited,
    hits: seen.map(each => ({ at: frame.at[each.at]!, trace: frame.trace[each.at]! })),
    instances: own.instances,
    what:
      `"${template}" of ${serviceName(dictionary, to)} did not come after ` +
      `"${templateOf(dictionary, rule.step >> 1)}" of ${serviceName(dictionary, from)} in ${k} of ${n} ` +
      `(normally missing in ${rule.d} of ${rule.n})`,
    ...(frame.events !== undefined && {
      deviation: {
        at: frame.at[first.at]!,
        service: serviceName(dictionary, from),
        template: templateOf(dictionary, rule.step >> 1),
        line: frame.events[first.at]!.id,
        text: frame.events[first.at]!.text,
        expected: rule.next.slice(0, 3).map(step => ({
          service: serviceName(dictionary, dictionary.typeService[step >> 1]!),
          template: templateOf(dictionary, step >> 1),
          p: (1 - rule.p0) / (rule.next.length > 1 ? Math.min(3, rule.next.length) : 1),
        })),
      },
      missing: {
        service: serviceName(dictionary, to),
        template,
        expected: n,
        got: n - k,
        evidence: seen.slice(0, MOST_CITED).map(each => frame.events![each.at]!.id),
      },
    }),
  }
}
