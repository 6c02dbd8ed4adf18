import { SUSPICION } from './suspicion-weights.ts'
import type { Traits } from './traits/traits.ts'

/**
 * Logarithm of how likely a candidate is the cause, beside others: a weighted sum of its traits. The
 * weights were fitted by conditional logit to incidents of simulated systems, and no service, template
 * or fault is named in them.
 */
export const oddsOf = (traits: Traits): number =>
  Object.entries(SUSPICION).reduce((sum, [trait, weight]) => sum + weight * (traits[trait] ?? 0), 0)

/** What speaks for a candidate, by what it is about, as parts of its score. */
export const speakFor = (traits: Traits, score: number): Record<string, number> => {
  const sums = new Map<string, number>()
  for (const [trait, weight] of Object.entries(SUSPICION)) {
    const about = trait.slice(0, trait.indexOf('.'))
    sums.set(about, (sums.get(about) ?? 0) + weight * (traits[trait] ?? 0))
  }
  const parts = [...sums].filter(([, sum]) => sum > 0).sort(([, a], [, b]) => b - a)
  const total = parts.reduce((all, [, sum]) => all + sum, 0)
  return Object.fromEntries(parts.map(([about, sum]) => [about, (score * sum) / total]))
}
