import { type Evidence, MOST_CITED, MOST_KEPT, newsOf, type Scene } from '../evidence.ts'
import type { FollowRule } from '../follow-rules.ts'
import { WINDOW } from '../follow-table.ts'
import { ERROR, serviceName, templateOf, WARN } from '../frame.ts'
import { moreOften, strengthOf } from '../likelihood.ts'
import { isAnswer } from '../naming.ts'
import { calls } from '../profile.ts'
import { shareWithNamed } from '../scene-names.ts'

interface Case {
  rule: FollowRule
  n: number
  k: number
  before: { k: number; n: number }
  /** Position of the step, and of what came instead, or −1. */
  seen: { at: number; instead: number; trouble: number; after: Int32Array }[]
  traces: Set<number>
  instances: Map<number, { k: number; n: number }>
  /** Whether the service of the expected step had been in the trace before. */
  back: number
  /** Cases in which the service of the step wrote nothing more in its span. */
  cut: number
}

interface Violation {
  rule: FollowRule
  /** Position of the step, and of the line after it in its trace. */
  at: number
  instead: number
  back: boolean
  cut: boolean
  /** Position of the line of trouble that came before it became evident, or −1. */
  trouble: number
  /** Positions of some of the lines that came after it. */
  after: Int32Array
}

/** Finds steps after which what always comes did not come: the first such place of each trace. */
export const findMissing = (scene: Scene): Evidence[] => {
  const cases = new Map<string, Case>()
  const { frame, profile } = scene
  for (const trace of frame.traces) judgeTrace(scene, trace, cases)
  for (const stream of frame.streams) {
    for (const violation of walk(scene, stream, profile.rules.streams, true, cases, 'stream')) {
      note(scene, cases, 'stream', violation)
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
const judgeTrace = (scene: Scene, trace: Int32Array, cases: Map<string, Case>): void => {
  const { rules } = scene.profile
  const { frame } = scene
  const { span, service } = frame
  const violations: [string, Violation][] = []
  for (const violation of walk(scene, trace, rules.traces, false, cases, 'trace')) {
    violations.push(['trace', violation])
  }
  const parts = new Map<number, number[]>()
  for (const i of trace) {
    const place = span[i]! >= 0 ? span[i]! : -1 - service[i]!
    const part = parts.get(place)
    if (part === undefined) parts.set(place, [i])
    else part.push(i)
  }
  for (const part of parts.values()) {
    const own = Int32Array.from(part)
    for (const violation of walk(scene, own, rules.spans, false, cases, 'span')) {
      violations.push(['span', violation])
    }
  }
  if (violations.length === 0) return
  const cutPlaces = new Set(
    violations.filter(([where]) => where === 'span').map(([, v]) => placeOf(scene, v.at)),
  )
  const { typeService } = frame.dictionary
  const end = frame.at[trace.at(-1)!]! + 1
  const evident = ({ at, rule }: Violation): number => {
    const isOwn = typeService[rule.next[0]! >> 1] === frame.service[at]
    const group = isOwn ? parts.get(placeOf(scene, at))! : trace
    const next = afterSteps(frame, group, group.indexOf(at), isOwn ? rule.near : rule.rank)
    return next === undefined ? end : frame.at[next]!
  }
  // Of what becomes evident at the same time the innermost, which was written last, is the reason.
  const order = violations.map(each => ({ each, when: evident(each[1]) }))
  order.sort((a, b) => a.when - b.when || b.each[1].at - a.each[1].at)
  const [where, first] = order[0]!.each
  note(scene, cases, where, {
    ...first,
    cut: cutPlaces.has(placeOf(scene, first.at)),
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

const placeOf = ({ frame }: Scene, i: number): number =>
  frame.span[i]! >= 0 ? frame.span[i]! : -1 - frame.service[i]!

/** Violations of the rules along a group; cases that kept their rule are counted. */
const walk = (
  { frame, end, start }: Scene,
  group: Int32Array,
  rules: ReadonlyMap<number, FollowRule>,
  endless: boolean,
  cases: Map<string, Case>,
  where: string,
): Violation[] => {
  const { step, at, service, instance } = frame
  const violations: Violation[] = []
  const seen: number[] = []
  const entered = new Set<number>()
  for (let i = 0; i < group.length; i++) {
    const from = group[i]!
    entered.add(service[from]!)
    const rule = rules.get(step[from]!)
    if (rule === undefined || at[from]! > end) continue
    seen.length = 0
    let kept = false
    let closed = false
    for (let j = i + 1; j < group.length && !kept && !closed; j++) {
      const b = step[group[j]!]!
      if (b === rule.step) closed = true
      else if (rule.next.includes(b)) kept = true
      else if (!seen.includes(b)) closed = seen.push(b) >= WINDOW
    }
    kept ||= cameJustBefore(frame, group, i, rule)
    if (kept) {
      const own = caseOf(cases, where, rule)
      if (at[from]! < start) own.before.n++
      else {
        own.n++
        countInstance(own, instance[from]!, 0)
      }
      continue
    }
    const mayCome = !closed && end - at[from]! < 2 * rule.wait + 1
    if (mayCome || (endless && !closed)) continue
    const expected = frame.dictionary.typeService[rule.next[0]! >> 1]!
    violations.push({
      ...{ rule, at: from, instead: i + 1 < group.length ? group[i + 1]! : -1 },
      ...{ back: entered.has(expected), cut: false, trouble: -1 },
      after: group.subarray(i + 1, i + 1 + AFTER),
    })
  }
  return violations
}

/** Clocks of two hosts may differ by this much, ms: well-kept ones do by less. */
const CLOCKS = 10

/** Whether the clocks of two hosts let what should come after a line seem to come before it. */
const cameJustBefore = (
  { step, at, service }: Scene['frame'],
  group: Int32Array,
  i: number,
  { next }: FollowRule,
): boolean => {
  const own = group[i]!
  for (let j = i - 1; j >= 0; j--) {
    const other = group[j]!
    if (at[own]! - at[other]! > CLOCKS || step[other] === step[own]) return false
    if (service[other] !== service[own] && next.includes(step[other]!)) return true
  }
  return false
}

const caseOf = (cases: Map<string, Case>, where: string, rule: FollowRule): Case => {
  const key = `${where} ${rule.step}`
  let own = cases.get(key)
  if (own === undefined) {
    own = {
      ...{ rule, n: 0, k: 0, before: { k: 0, n: 0 }, seen: [], traces: new Set() },
      ...{ instances: new Map(), back: 0, cut: 0 },
    }
    cases.set(key, own)
  }
  return own
}

const countInstance = ({ instances }: Case, instance: number, k: number): void => {
  if (instance < 0) return
  const count = instances.get(instance) ?? { k: 0, n: 0 }
  count.n++
  count.k += k
  instances.set(instance, count)
}

const note = (
  { frame, start }: Scene,
  cases: Map<string, Case>,
  where: string,
  { rule, at, instead, back, cut, trouble, after }: Violation,
): void => {
  const own = caseOf(cases, where, rule)
  if (frame.at[at]! < start) {
    own.before.n++
    own.before.k++
    return
  }
  own.n++
  own.k++
  if (back) own.back++
  if (cut) own.cut++
  if (own.seen.length < MOST_KEPT) own.seen.push({ at, instead, trouble, after })
  if (own.traces.size < MOST_KEPT) own.traces.add(frame.trace[at]!)
  countInstance(own, frame.instance[at]!, 1)
}

const toEvidence = (
  scene: Scene,
  key: string,
  own: Case,
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
    blame: shareTrouble(
      scene,
      own,
      answerOf(scene, own, next! >> 1, blameOf(scene, own, from, to)),
    ),
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

/** The service that should have logged next; shared where it may never have been asked. */
const blameOf = (
  { profile, frame, activity }: Scene,
  { k, back, cut }: Case,
  from: number,
  to: number,
): Evidence['blame'] => {
  const name = (service: number): string => serviceName(frame.dictionary, service)
  if (from === to) return [{ name: name(from), kind: 'service', share: 1 }]
  const out = calls(profile, from, to)
  const isReturn = out === calls(profile, to, from) ? back > k / 2 : !out
  const asked = isReturn ? RETURNED : cut > k / 2 ? CUT + (1 - CUT) * deadOf(activity, to) : WENT_ON
  return [
    { name: name(to), kind: 'service', share: asked },
    { name: name(from), kind: 'service', share: 1 - asked },
  ]
}

/**
 * Where the line that did not come is the answer of somebody, that one bears most of it; but not
 * where nobody asked: an answer that is waited for is spoken of, or makes trouble.
 */
const answerOf = (
  scene: Scene,
  { seen }: Case,
  type: number,
  blame: Evidence['blame'],
): Evidence['blame'] => {
  const { speakers, frame } = scene
  const named = speakers.ofType(type)
  if (named.length === 0 || !isAnswer(templateOf(frame.dictionary, type))) return blame
  const sample = seen.slice(0, SAMPLE)
  const isSpokenOf = (after: Int32Array, name: string): boolean =>
    after.some(i => speakers(i).some(each => each.name === name))
  const asked = (name: string): number =>
    sample.filter(each => each.trouble >= 0 || isSpokenOf(each.after, name)).length / sample.length
  return join(
    blame,
    named.map(each => ({
      ...each,
      share: (ANSWER * each.share * asked(each.name)) / named.length,
    })),
  )
}

const SAMPLE = 30
/** Lines that are looked at for a name. */
const AFTER = 50

const ANSWER = 0.6

/** Blame of the one that was to come: after a return, */
const RETURNED = 0.9
/** where its caller went on as if nothing had happened, */
const WENT_ON = 0.8
/** and where its caller wrote nothing more either, so that it may never have been asked. */
const CUT = 0.3

/** 1 for a service whose own lines stopped, 0 for one that writes half of them at least. */
const deadOf = (activity: Scene['activity'], service: number): number =>
  Math.max(0, Math.min(1, (0.5 - activity.beating(service)) / 0.4))

/**
 * Where a line of trouble came before, who wrote the first one or whom it names bears most of the
 * blame; the others of it the more, the more they are at work elsewhere.
 */
const shareTrouble = (
  { frame, speakers, activity }: Scene,
  { seen }: Case,
  blame: Evidence['blame'],
): Evidence['blame'] => {
  const trouble = seen.flatMap(each => (each.trouble >= 0 ? [each.trouble] : []))
  if (trouble.length < seen.length / 2) return blame
  const writers = new Map<number, number[]>()
  for (const i of trouble) {
    const lines = writers.get(frame.service[i]!)
    if (lines === undefined) writers.set(frame.service[i]!, [i])
    else lines.push(i)
  }
  const alive = Math.min(1, activity.alive(frame.dictionary.services.find(blame[0]!.name)))
  const more = [...writers].flatMap(([writer, lines]) => {
    const own = serviceName(frame.dictionary, writer)
    const share = lines.length / trouble.length
    const named = shareWithNamed(speakers, lines, own)
    const scale = share * (named.length > 1 ? 1 : ALIVE * alive)
    return named.map(each => ({ ...each, share: each.share * scale }))
  })
  return join(blame, more)
}

/** What is left of the blame of those who work for others all the same. */
const ALIVE = 0.8

/** Adds shares, which the others lose. */
const join = (blame: Evidence['blame'], more: Evidence['blame']): Evidence['blame'] => {
  const total = more.reduce((sum, { share }) => sum + share, 0)
  const shares = new Map<string, Evidence['blame'][number]>()
  const left = blame.map(each => ({ ...each, share: each.share * (1 - total) }))
  for (const each of [...more, ...left]) {
    const key = `${each.kind} ${each.name}`
    const known = shares.get(key)
    if (known === undefined) shares.set(key, { ...each })
    else known.share += each.share
  }
  return [...shares.values()]
}
