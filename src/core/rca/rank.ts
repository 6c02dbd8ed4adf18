import { weigh } from './credit.ts'
import type { Blame, Evidence, EvidenceKind, Scene } from './evidence.ts'
import { linkKey, RETURN } from './gap-table.ts'
import { contrastIn } from './onset.ts'
import type { Profile } from './profile.ts'
import { calls } from './profile.ts'
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
  /** What each kind of evidence adds to the score. */
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
export const rank = (scene: Scene, found: readonly Evidence[], isWhole = false): Candidate[] => {
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
  for (const candidate of all) discountEchoes(profile, candidate, causes)
  const suspects = all.filter(({ score }) => score > 0)
  const ends = endsOf(suspects)
  const strength = strengthOf(suspects, ends)
  const traits = traitsOf({ scene, candidates: suspects, accusations: blamed, ends, origins })
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

/** Even what is told from noise by nothing may be the cause, where there is nothing else. */
const LEAST_SURE = 0.1

/**
 * Strengths beyond what normal time gave the same finding, by how surely findings of the kind are no
 * noise: held-out normal time shows how many as strong come by chance in so many lines (the false
 * discovery rate of Benjamini and Hochberg).
 */
const sureOf = (scene: Scene, found: readonly Evidence[]): Sure[] => {
  const { calibration } = scene.profile
  const { items, noise, lines } = calibration
  const share = lines === 0 ? 0 : linesIn(scene) / lines
  const strengths = new Map<EvidenceKind, number[]>()
  for (const { kind, strength } of found) {
    strengths.set(kind, [...(strengths.get(kind) ?? []), strength])
  }
  for (const list of strengths.values()) list.sort((a, b) => b - a)
  return found.flatMap(evidence => {
    const { kind, key, strength } = evidence
    const over = strength - (items.get(key) ?? 0)
    if (over <= 0) return []
    const chance = share * atLeast(noise.get(kind) ?? [], strength)
    const rate = chance / atLeast(strengths.get(kind)!, strength)
    return [{ evidence, strength: over * Math.max(LEAST_SURE, 1 - rate) }]
  })
}

const linesIn = ({ frame, start, end }: Scene): number => {
  let lines = 0
  for (let i = 0; i < frame.size; i++) if (frame.at[i]! >= start && frame.at[i]! <= end) lines++
  return lines
}

/** How many of a descending list are as large. */
const atLeast = (sorted: readonly number[], value: number): number => {
  const end = sorted.findIndex(each => each < value)
  return end < 0 ? sorted.length : end
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

interface Sure {
  evidence: Evidence
  strength: number
}

/** A wait of the one kind only is in the caller, before or after the call; a slow way is slow both ways. */
const ONE_WAY = 1.5
/** Where nobody waits for an answer, the time goes by until the asked one takes it up. */
const NO_ANSWER = 0.5
/** Where nothing tells the ends apart it is the one that was asked. */
const ASKED = 1.1

/** Which end of a slow link is to blame: the one that is slow with others, and by itself, too. */
const blameLinks = (profile: Profile, sure: readonly Sure[]): (Sure & { blame: Blame[] })[] => {
  const own = new Map<string, number>()
  const ways = new Map<string, number>()
  const add = (map: Map<string, number>, key: string, strength: number) =>
    map.set(key, (map.get(key) ?? 0) + strength)
  for (const { evidence, strength } of sure) {
    if (evidence.kind !== 'slow') continue
    for (const { name, share } of evidence.blame) add(own, name, strength * share * 2)
    const { link } = evidence
    if (link === undefined) continue
    add(own, link.from, strength)
    add(own, link.to, strength)
    add(ways, `${link.from}>${link.to}`, strength)
  }
  return sure.map(each => {
    const { link, blame } = each.evidence
    if (link === undefined) return { ...each, blame }
    const { from, to, isCall, elsewhere } = link
    const [callee, caller] = isCall ? [to, from] : [from, to]
    const back = ways.get(`${to}>${from}`) ?? 0
    const find = (name: string): number => profile.dictionary.services.find(name)
    const answers = profile.gaps.links.has(linkKey(find(callee), find(caller), RETURN))
    const oneWay = !answers ? NO_ANSWER : back < each.strength / 4 ? ONE_WAY : 1
    const rates = isCall ? [elsewhere.to, elsewhere.from] : [elsewhere.from, elsewhere.to]
    const a = ASKED * (own.get(callee) ?? 0) * rates[0]!
    const b = oneWay * (own.get(caller) ?? 0) * rates[1]!
    return {
      ...each,
      blame: [
        { name: callee, kind: 'service' as const, share: a / (a + b) },
        { name: caller, kind: 'service' as const, share: b / (a + b) },
      ],
    }
  })
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
): void => {
  if (candidate.kind === 'component') return
  const { services } = profile.dictionary
  const own = services.find(candidate.name)
  const mine = causes.get(candidate.name) ?? 0
  const below = [...causes].some(
    ([name, cause]) =>
      cause > mine && name !== candidate.name && isBelow(profile, own, services.find(name)),
  )
  if (!below) return
  for (const finding of candidate.findings) {
    if (!CAUSES.has(finding.evidence.kind)) finding.adds *= ECHO
  }
  sum(candidate)
}

/** Whether the first one calls the other, by whatever way. */
const isBelow = (profile: Profile, from: number, to: number): boolean => {
  if (from < 0 || to < 0) return false
  const seen = new Set([from])
  const open = [from]
  const count = profile.dictionary.services.list.length
  while (open.length > 0) {
    const at = open.pop()!
    if (calls(profile, at, to)) return true
    for (let next = 0; next < count; next++) {
      if (seen.has(next) || !calls(profile, at, next)) continue
      seen.add(next)
      open.push(next)
    }
  }
  return false
}

/** How far accusations of accusations are followed. */
const STEPS = 4

/**
 * Who is accused and accuses others in turn passes on what it is accused of, by what share of its own
 * lines points at them: complaints of complaints end at the one who complains of nobody.
 */
const endsOf = (all: readonly Candidate[]): number[] => {
  const index = new Map(all.map(({ name }, i) => [name, i]))
  const pointers = all.map(() => new Map<number, number>())
  all.forEach(({ findings }, target) => {
    for (const { evidence, adds } of findings) {
      const writer = evidence.writer === undefined ? target : (index.get(evidence.writer) ?? target)
      const row = pointers[writer]!
      row.set(target, (row.get(target) ?? 0) + adds)
    }
  })
  let mass = all.map(({ score }) => score)
  for (let step = 0; step < STEPS; step++) {
    const next = all.map(() => 0)
    mass.forEach((own, from) => {
      const row = pointers[from]!
      const total = [...row.values()].reduce((sum, adds) => sum + adds, 0)
      if (total === 0) next[from]! += own
      else for (const [to, adds] of row) next[to]! += (own * adds) / total
    })
    mass = next
  }
  return mass
}
