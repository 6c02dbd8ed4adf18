import { type Below, belowOf } from './below.ts'
import { blameLinks } from './blame-links.ts'
import { weigh } from './credit.ts'
import { endsOf } from './ends.ts'
import type { Blame, Evidence, EvidenceKind, Findings, Scene } from './evidence.ts'
import { contrastIn } from './onset.ts'
import type { Profile } from './profile.ts'
import { type Sure, sureOf } from './sure.ts'
import { oddsOf, speakFor } from './suspicion.ts'
import { type Traits, traitsOf } from './traits/traits.ts'
import { WEIGHTS } from './weights.ts'

/** One who may be the cause, with the findings that say so. */
export interface Candidate {
  name: string
  kind: Blame['kind']
  /** How strong the evidence is, over all; of others than the first by how much less likely they are. */
  score: number
  /** Chance that it is the cause, beside the others. */
  share: number
  /** What the score is made of: kinds of evidence, and once ranked all that speaks for it. */
  parts: Partial<Record<string, number>>
  /** Findings with what each adds, most first. */
  findings: { evidence: Evidence; adds: number }[]
  traits: Traits
}

/** Kinds that show where a cause is; the others may as well be its echo. */
const CAUSES: ReadonlySet<EvidenceKind> = new Set([
  'missing',
  'slow',
  'silence',
  'value',
  'named',
  'wait',
])
/** Each further finding of a kind adds less: a service that logs much is not more to blame. */
const FURTHER = 0.7
/** What is left of a finding where others came before it in all of its traces. */
const LATER = 0.4
/** What is left of an echo whose cause stands elsewhere. */
const ECHO = 0.4

/**
 * Ranks services and components by the findings against them.
 * @param isWhole whether the incident is somewhere in the scene and not all of it
 */
export const rank = (scene: Scene, { found, rates }: Findings, isWhole = false): Candidate[] => {
  const { profile } = scene
  const sure = sureOf(scene, found)
  const first = firstInTrace(sure)
  const contrast = isWhole ? contrastIn(scene) : () => 1
  for (const each of sure) each.strength *= contrast(each.evidence)
  const origins = new Map(sure.map(({ evidence }) => [evidence, originShare(evidence, first)]))
  for (const each of sure) each.strength *= LATER + (1 - LATER) * origins.get(each.evidence)!
  const blamed = weigh(scene, blameLinks(profile, sure))
  const isLeaf = leavesOf(profile)
  const candidates = new Map<string, Candidate>()
  for (const { evidence, strength, blame } of blamed) {
    for (const { name, kind, share } of blame) {
      const key = `${kind} ${name}`
      const candidate = candidates.get(key) ?? {
        ...{ name, kind, score: 0, share: 0, parts: {}, findings: [], traits: {} },
      }
      const worth = WEIGHTS[evidence.kind] * (evidence.kind === 'error' && isLeaf(name) ? LEAF : 1)
      candidate.findings.push({ evidence, adds: strength * share * worth })
      candidates.set(key, candidate)
    }
  }
  const all = [...candidates.values()]
  for (const candidate of all) sum(candidate)
  const causes = new Map(all.map(candidate => [candidate.name, causeOf(candidate)]))
  const below = belowOf(profile)
  for (const candidate of all) discountEchoes(profile, candidate, causes, below)
  const suspects = all.filter(({ score }) => score > 0)
  const ends = endsOf(suspects)
  const strength = strengthOf(suspects, ends)
  const traits = traitsOf({
    scene,
    rates,
    candidates: suspects,
    accusations: blamed,
    ends,
    origins,
  })
  return orderBySuspicion(suspects, traits, strength)
}

/** How much of the strength is told by where accusations end. */
const PASSED = 0.6

/**
 * How strong the evidence against the strongest is, in itself and by where accusations of
 * accusations end: what is compared with normal time.
 */
const strengthOf = (suspects: readonly Candidate[], ends: readonly number[]): number =>
  suspects.reduce(
    (most, { score }, i) => Math.max(most, (1 - PASSED) * score + PASSED * ends[i]!),
    0,
  )

/** Against whom less than this share of the most is found, that one is not known by its traits. */
const FAINT = 0.15

const orderBySuspicion = (
  suspects: readonly Candidate[],
  traits: readonly Traits[],
  strength: number,
): Candidate[] => {
  const top = Math.max(...suspects.map(({ score }) => score))
  const odds = traits.map(
    (each, i) => oddsOf(each) + Math.log(Math.min(1, suspects[i]!.score / (FAINT * top))),
  )
  const most = Math.max(...odds)
  const chances = odds.map(each => Math.exp(each - most))
  const total = chances.reduce((sum, each) => sum + each, 0)
  return suspects
    .map((suspect, i) => {
      const score = strength * chances[i]!
      const own = traits[i]!
      return {
        ...suspect,
        score,
        share: chances[i]! / total,
        parts: speakFor(own, score),
        traits: own,
      }
    })
    .sort((a, b) => b.score - a.score || (a.name < b.name ? -1 : 1))
}

/** Errors of those who call nobody are no echo of anybody's. */
const LEAF = 3

const leavesOf = ({ parents, dictionary }: Profile): ((name: string) => boolean) => {
  const callers = new Set([...parents.values()].flatMap(each => [...each]))
  return name => {
    const service = dictionary.services.find(name)
    return service >= 0 && !callers.has(service)
  }
}

/** When the first thing went wrong in each trace, of all findings. */
const firstInTrace = (sure: readonly Sure[]): Map<number, number> => {
  const first = new Map<number, number>()
  for (const { evidence } of sure) {
    for (const { at, trace } of evidence.hits) {
      if (trace >= 0 && at < (first.get(trace) ?? Infinity)) first.set(trace, at)
    }
  }
  return first
}

/** In which share of its traces a finding is where it began; what comes later may be an echo. */
const originShare = ({ hits }: Evidence, first: ReadonlyMap<number, number>): number => {
  let own = 0
  let all = 0
  const seen = new Set<number>()
  for (const { at, trace } of hits) {
    if (trace < 0 || seen.has(trace)) continue
    seen.add(trace)
    all++
    if (at <= first.get(trace)!) own++
  }
  return all === 0 ? 1 : own / all
}

const sum = (candidate: Candidate): void => {
  candidate.findings.sort((a, b) => b.adds - a.adds)
  const seen = new Map<EvidenceKind, number>()
  candidate.score = 0
  candidate.parts = {}
  for (const finding of candidate.findings) {
    const { kind } = finding.evidence
    const nth = seen.get(kind) ?? 0
    seen.set(kind, nth + 1)
    const adds = finding.adds * FURTHER ** nth
    candidate.parts[kind] = (candidate.parts[kind] ?? 0) + adds
    candidate.score += adds
  }
}

const causeOf = ({ parts }: Candidate): number =>
  Object.entries(parts).reduce(
    (total, [kind, adds = 0]) => total + (CAUSES.has(kind as EvidenceKind) ? adds : 0),
    0,
  )

/** Errors and counts of a service that calls a likelier cause are its echo. */
const discountEchoes = (
  profile: Profile,
  candidate: Candidate,
  causes: ReadonlyMap<string, number>,
  below: Below,
): void => {
  if (candidate.kind === 'component') return
  const { services } = profile.dictionary
  const own = services.find(candidate.name)
  const mine = causes.get(candidate.name) ?? 0
  const isEcho = [...causes].some(
    ([name, cause]) => cause > mine && name !== candidate.name && below(own, services.find(name)),
  )
  if (!isEcho) return
  for (const finding of candidate.findings) {
    if (!CAUSES.has(finding.evidence.kind)) finding.adds *= ECHO
  }
  sum(candidate)
}
