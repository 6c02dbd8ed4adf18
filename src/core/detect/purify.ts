import { evidenceOfAll, join } from './fusion.ts'
import { fitOwnVoices } from './own-voices.ts'
import type { Reservoir } from './reservoir.ts'

/**
 * Leaves out the oddest rows, up to a share of all sessions: training logs are seldom clean, and one
 * anomaly learned as normal hides all that resemble it. What was odd but normal goes as well, so
 * false alarms may grow by that share; that is why nobody but the operator can name it.
 * @param share of the training sessions that may be anomalies, 0 to below 0.5
 */
export const purify = (kept: Reservoir, share: number): Reservoir => {
  if (share === 0) return kept
  const { held, tails } = fitOwnVoices(kept)
  const equal = tails.map(() => 1)
  const odd = held.map(scores => join(evidenceOfAll(scores, tails), equal))
  const order = odd.map((_, i) => i).sort((a, b) => odd[b]! - odd[a]! || a - b)
  let room = share * kept.shares.reduce((a, b) => a + b, 0)
  const gone = new Set<number>()
  for (const i of order) {
    room -= kept.shares[i]!
    if (room < 0) break
    gone.add(i)
  }
  const stays = <T>(list: readonly T[]): T[] => list.filter((_, i) => !gone.has(i))
  return {
    sequences: stays(kept.sequences),
    weights: stays(kept.weights),
    shares: stays(kept.shares),
    from: stays(kept.from),
    dropped: kept.dropped,
  }
}
