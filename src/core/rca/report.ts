import type { Judged } from './analyse.ts'
import type { Evidence, Scene } from './evidence.ts'
import { instanceName, serviceName } from './frame.ts'
import { parametersOf } from './parameters.ts'
import type { Profile } from './profile.ts'
import type { Candidate } from './rank.ts'
import { signsOf } from './signs.ts'
import type { RcaImpact, RcaReport, Suspect, TimelineEntry } from './types.ts'

const MOST_SUSPECTS = 10
const MOST_EVIDENCE = 12
const MOST_TIMELINE = 30
const MOST_MISSING = 20
/** Suspects this close are not told apart. */
const TIE = 0.95
/** No normal stretch could be judged: a score that single findings of some weight give. */
const LEAST_SCORE = 2

/** Who tells when it began knows that something is wrong: half of the evidence will do. */
const KNOWN = 0.5

/** What a suspect must reach to be told: more than normal time ever did. */
export const thresholdOf = ({ calibration }: Profile): number =>
  Math.max(LEAST_SCORE, ...calibration.tops)

export const reportOf = (from: Partial<Judged> & { lines: number; left: number }): RcaReport => {
  const { scene, candidates = [], isKnown = false, lines, left } = from
  const cut = { lines, left, notes: left > 0 ? [`${left} lines were left out by the limit`] : [] }
  if (scene === undefined) return nothing('There are no lines to look at.', cut)
  const threshold = thresholdOf(scene.profile) * (isKnown ? KNOWN : 1)
  const top = candidates[0]
  const suspects = candidates
    .slice(0, MOST_SUSPECTS)
    .map((candidate, i) => suspectOf(scene, candidate, threshold, candidates, i))
  const isFound = top !== undefined && top.score > threshold
  const told = isFound ? candidates.slice(0, 5) : []
  const relevant = [...new Set(told.flatMap(({ findings }) => findings.map(each => each.evidence)))]
  return {
    found: isFound,
    summary: isFound
      ? summaryOf(suspects)
      : 'No root cause was found in these logs: nothing in them goes beyond what normal time shows.',
    confidence: isFound ? confidenceOf(candidates, threshold) : 0,
    start: scene.start,
    suspects: isFound ? suspects : [],
    timeline: timelineOf(scene, relevant),
    impact: impactOf(scene, relevant),
    ...firstDeviation(relevant),
    missing: relevant.flatMap(({ missing }) => missing ?? []).slice(0, MOST_MISSING),
    parameters: isFound ? parametersOf(scene, relevant) : [],
    signs: signsOf(scene, told),
    cut,
  }
}

const nothing = (summary: string, cut: RcaReport['cut']): RcaReport => ({
  ...{ found: false, summary, confidence: 0, suspects: [], timeline: [], missing: [] },
  ...{ signs: [], cut },
  impact: { lines: 0, services: [], traces: 0, affected: 0 },
})

const idsOf = ({ frame }: Scene, positions: readonly number[]): string[] =>
  frame.events === undefined ? [] : [...new Set(positions.map(i => frame.events![i]!.id))]

const suspectOf = (
  scene: Scene,
  candidate: Candidate,
  threshold: number,
  all: readonly Candidate[],
  place: number,
): Suspect => {
  const { findings } = candidate
  const score = candidate.score / threshold
  const ties = all
    .filter((other, i) => i !== place && isTie(other.score, candidate.score))
    .map(({ name }) => name)
  const parts = Object.fromEntries(
    Object.entries(candidate.parts).flatMap(([about, value]) => {
      const part = round(value! / threshold)
      return part > 0 ? [[about, part]] : []
    }),
  )
  const instance = instanceOf(scene, candidate)
  const because = findings.slice(0, 3).map(({ evidence }) => evidence.what)
  return {
    name: candidate.name,
    kind: candidate.kind,
    score: round(score),
    parts,
    why: [...because, ...(instance === undefined ? [] : [`only in instance ${instance}`])].join(
      '; ',
    ),
    evidence: idsOf(
      scene,
      findings.flatMap(({ evidence }) => evidence.positions),
    ).slice(0, MOST_EVIDENCE),
    ...(instance !== undefined && { instance }),
    ...(ties.length > 0 && { ties }),
  }
}

const round = (value: number): number => Math.round(value * 1000) / 1000
const isTie = (a: number, b: number): boolean => Math.min(a, b) >= TIE * Math.max(a, b)

/** Share of what is seen by instance that the one instance must show. */
const ALONE = 0.7

/** One of several instances of a suspect that shows the findings while the others do not. */
const instanceOf = (
  { profile: { dictionary }, frame }: Scene,
  { name, kind, findings }: Candidate,
): string | undefined => {
  const service = kind === 'service' ? dictionary.services.find(name) : -1
  const missed = findings.flatMap(({ evidence }) => [...(evidence.instances?.keys() ?? [])])
  // Those of another day are no others.
  const now = new Set([...frame.instance, ...missed])
  if ([...now].filter(each => dictionary.instanceService[each] === service).length < 2) {
    return undefined
  }
  const shares = new Map<number, number>()
  let total = 0
  for (const { evidence, adds } of findings) {
    const own = [...(evidence.instances ?? [])].filter(
      ([instance]) => dictionary.instanceService[instance] === service,
    )
    // Where lines are all that is seen of an instance, their number tells; else in how many cases.
    const isCounted = own.every(([, { k, n }]) => k === n)
    const rates = own.map(([instance, { k, n }]) => [instance, isCounted ? k : k / n] as const)
    const all = rates.reduce((sum, [, rate]) => sum + rate, 0)
    if (all === 0) continue
    total += adds
    for (const [instance, rate] of rates) {
      shares.set(instance, (shares.get(instance) ?? 0) + (adds * rate) / all)
    }
  }
  const [first] = [...shares].sort(([, a], [, b]) => b - a)
  if (first === undefined || first[1] < ALONE * total) return undefined
  return instanceName(dictionary, first[0])
}

const summaryOf = ([first, second]: readonly Suspect[]): string => {
  const also =
    first!.ties !== undefined
      ? ` (not told apart from ${first!.ties.join(', ')})`
      : second === undefined
        ? ''
        : `; next ${second.name}`
  return `Most likely ${first!.name}${also}: ${first!.why}.`
}

/** How far the evidence goes beyond normal time, times the chance of the first suspect. */
const confidenceOf = (candidates: readonly Candidate[], threshold: number): number => {
  const [{ score, share }] = candidates as [Candidate]
  return round((score / (threshold + score)) * share)
}

const timelineOf = (scene: Scene, found: readonly Evidence[]): TimelineEntry[] =>
  found
    .toSorted((a, b) => a.at - b.at)
    .slice(0, MOST_TIMELINE)
    .map(({ at, blame, link, what, positions }) => ({
      at,
      service: blame[0]?.name ?? link?.to ?? '',
      what,
      evidence: idsOf(scene, positions.slice(0, 3)),
    }))

const impactOf = (scene: Scene, found: readonly Evidence[]): RcaImpact => {
  const { frame, start, end } = scene
  const traces = new Set<number>()
  const services = new Set<number>()
  let lines = 0
  for (let i = 0; i < frame.size; i++) {
    if (frame.at[i]! < start || frame.at[i]! > end) continue
    lines++
    if (frame.trace[i]! >= 0) traces.add(frame.trace[i]!)
  }
  for (const { positions } of found) for (const i of positions) services.add(frame.service[i]!)
  const affected = new Set(
    found.flatMap(({ hits }) => hits.map(({ trace }) => trace)).filter(trace => trace >= 0),
  )
  return {
    lines,
    services: [...services].map(service => serviceName(frame.dictionary, service)),
    traces: traces.size,
    affected: affected.size,
  }
}

const firstDeviation = (found: readonly Evidence[]): Pick<RcaReport, 'firstDeviation'> => {
  const first = found.flatMap(({ deviation }) => deviation ?? []).toSorted((a, b) => a.at - b.at)[0]
  return first === undefined ? {} : { firstDeviation: first }
}
