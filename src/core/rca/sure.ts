import type { Evidence, EvidenceKind, Scene } from './evidence.ts'

/** A finding with what it is worth beyond normal time. */
export interface Sure {
  evidence: Evidence
  strength: number
}

/** Even what is told from noise by nothing may be the cause, where there is nothing else. */
const LEAST_SURE = 0.1

/**
 * Strengths beyond what normal time gave the same finding, by how surely findings of the kind are no
 * noise: held-out normal time shows how many as strong come by chance in so many lines (the false
 * discovery rate of Benjamini and Hochberg).
 */
export const sureOf = (scene: Scene, found: readonly Evidence[]): Sure[] => {
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
