import { belowOf } from '../below.ts'
import { type Accusation, accusedBy } from '../credit.ts'
import type { Evidence, EvidenceKind, Findings, Scene } from '../evidence.ts'
import type { Candidate } from '../rank.ts'
import { usesOf } from '../uses.ts'
import { createAccusedTraits } from './accused.ts'
import { createAnswerTraits } from './answers.ts'
import { createChangeTraits } from './changes.ts'
import { createComplaintTraits } from './complaints.ts'
import { createGapTraits } from './gaps.ts'
import { createPlaceTraits } from './place.ts'
import { createTraceTraits } from './traces.ts'
import { createWriterTraits } from './writers.ts'

/**
 * What speaks for and against one candidate, by `<what it is about>.<trait>`. All are shares, places
 * or saturating amounts, within about 0 to 1: they mean the same in a small system and a large one.
 */
export type Traits = Record<string, number>

/** Of one candidate. */
export type TraitsOf = (candidate: Candidate) => Traits

export interface Given {
  scene: Scene
  rates: Findings['rates']
  candidates: readonly Candidate[]
  accusations: readonly Accusation[]
  /** Where accusations of accusations end, by candidate. */
  ends: readonly number[]
  /** In which share of its traces each finding is where trouble began. */
  origins: ReadonlyMap<Evidence, number>
}

/** Traits of each candidate beside the others. */
export const traitsOf = (given: Given): Traits[] => {
  const { scene, rates, candidates, accusations, ends, origins } = given
  const { profile, frame, speakers } = scene
  const below = belowOf(profile)
  const uses = usesOf(profile, frame, speakers)
  const said = accusedBy(accusations.filter(({ evidence }) => evidence.link === undefined))
  const finders: TraitsOf[] = [
    createEvidenceTraits(candidates),
    createTimeTraits(scene, candidates, origins),
    createAccusedTraits(said, uses, ends, candidates),
    createPlaceTraits(scene, candidates, below),
    createTraceTraits(scene, accusations),
    createWriterTraits(scene, accusations, below),
    createGapTraits(scene, rates, accusations),
    createAnswerTraits(scene),
    createComplaintTraits(scene, accusations),
    createChangeTraits(scene, candidates),
  ]
  return candidates.map(candidate => Object.assign({}, ...finders.map(find => find(candidate))))
}

const KINDS: readonly EvidenceKind[] = [
  ...(['missing', 'slow', 'silence', 'rise', 'fall', 'new'] as const),
  ...(['error', 'named', 'value', 'number', 'wait'] as const),
]
/** What is fainter is no more than noise beside it. */
const FAINT = 0.3

/** How much there is of each kind of evidence: of all, beside the most of any other, and by itself. */
const createEvidenceTraits = (candidates: readonly Candidate[]): TraitsOf => {
  const scores = candidates.map(({ score }) => score)
  const total = sumOf(scores)
  const most = Math.max(...scores)
  const mostOf = new Map(
    KINDS.map(kind => [kind, Math.max(0, ...candidates.map(({ parts }) => parts[kind] ?? 0))]),
  )
  return ({ parts, findings, score }) => ({
    ...Object.fromEntries(
      KINDS.flatMap(kind => {
        const part = parts[kind] ?? 0
        return [
          [`${kind}.share`, part / total],
          [`${kind}.top`, part / (mostOf.get(kind)! + FAINT)],
          [`${kind}.much`, part / (part + 1)],
        ]
      }),
    ),
    'all.top': score / most,
    'all.share': score / total,
    'all.ratio': Math.max(-1, Math.log(score / most) / 5),
    'all.kinds': KINDS.filter(kind => (parts[kind] ?? 0) > 0.05 * score).length / KINDS.length,
    'all.oneInstance': concentration(findings),
  })
}

/** How much of what is seen by instance is seen in one of several. */
const concentration = (findings: Candidate['findings']): number => {
  let sum = 0
  let weight = 0
  for (const { evidence, adds } of findings) {
    const counts = [...(evidence.instances?.values() ?? [])]
    if (counts.length < 2) continue
    const shares = counts.map(({ k, n }) => k / Math.max(1, n))
    const all = sumOf(shares)
    if (all === 0) continue
    weight += adds
    sum += (adds * Math.max(...shares)) / all
  }
  return weight === 0 ? 0 : sum / weight
}

/** Findings within a second of the first one came as early. */
const AT_ONCE_MS = 1000

/** How early it is, over all and within traces. */
const createTimeTraits = (
  { start, end }: Scene,
  candidates: readonly Candidate[],
  origins: Given['origins'],
): TraitsOf => {
  const earliest = Math.min(...candidates.map(firstOf))
  const span = Math.max(1, end - start)
  return candidate => {
    const { findings } = candidate
    const first = firstOf(candidate)
    const weight = Math.max(1e-12, sumOf(findings.map(({ adds }) => adds)))
    const origin = sumOf(findings.map(({ evidence, adds }) => adds * (origins.get(evidence) ?? 1)))
    return {
      'time.early': 1 - Math.min(1, (first - earliest) / span),
      'time.first': first <= earliest + AT_ONCE_MS ? 1 : 0,
      'time.origin': origin / weight,
    }
  }
}

/** When the first of the findings that weigh something was seen. */
const firstOf = ({ findings }: Candidate): number => {
  const least = 0.1 * Math.max(...findings.map(({ adds }) => adds))
  return Math.min(...findings.flatMap(({ evidence, adds }) => (adds >= least ? [evidence.at] : [])))
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)
