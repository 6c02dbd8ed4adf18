import { type Evidence, OLD_NEWS, type Scene } from './evidence.ts'
import type { Frame } from './frame.ts'
import { WEIGHTS } from './weights.ts'

const BINS = 60
/** No finding alone decides, in nats. */
const MOST_SAID = 20
/** So sure, in nats, after looking at all stretches: chance does it once in a thousand. */
const SURE = Math.log((BINS * (BINS + 1)) / 2 / 0.001)

/**
 * The stretch in which findings stand thick, ms, where there is one: outside of it they are rarer
 * than the lines would let them be. What is odd from the first line to the last says nothing here.
 */
export const findOnset = (
  found: readonly Evidence[],
  frame: Frame,
  from: number,
  to: number,
): { start: number; end: number } | undefined => {
  const width = (to - from) / BINS
  if (width <= 0) return undefined
  const binOf = (at: number): number =>
    Math.min(BINS - 1, Math.max(0, Math.floor((at - from) / width)))
  const lines = sums(frame.at, binOf)
  const worth = ({ kind, strength }: Evidence): number => WEIGHTS[kind] * strength
  const most = Math.max(...found.map(worth))
  const hits = found.map(each => ({
    weight: worth(each) / most,
    counts: sums(
      each.hits.map(({ at }) => at),
      binOf,
    ),
  }))
  let best = { said: SURE, start: 0, end: BINS }
  for (let start = 0; start < BINS; start++) {
    for (let end = start + 1; end <= BINS; end++) {
      const share = (lines[end]! - lines[start]!) / lines[BINS]!
      if (share >= 1) continue
      let said = 0
      for (const { weight, counts } of hits) {
        said += weight * thickness(counts[end]! - counts[start]!, counts[BINS]!, share)
      }
      if (said > best.said) best = { said, start, end }
    }
  }
  if (best.said <= SURE) return undefined
  return { start: from + best.start * width, end: from + best.end * width }
}

/** Counts up to each bin. */
const sums = (times: Iterable<number>, binOf: (at: number) => number): number[] => {
  const total = new Array<number>(BINS + 1).fill(0)
  for (const at of times) total[binOf(at) + 1]!++
  for (let bin = 0; bin < BINS; bin++) total[bin + 1]! += total[bin]!
  return total
}

/** How much likelier the hits are when the stretch has a rate of its own. */
const thickness = (inside: number, all: number, share: number): number => {
  if (all === 0 || inside / all <= share) return 0
  const rest = all - inside
  const said =
    inside * Math.log(inside / all / Math.max(share, 1e-6)) +
    (rest > 0 ? rest * Math.log(rest / all / (1 - share)) : 0)
  return Math.min(MOST_SAID, said)
}

/**
 * How much a finding stands out in time within its scene: 1 where it is thick somewhere and rare
 * elsewhere, less where it is there all along, as what merely changed since training is.
 */
export const contrastIn = ({ frame, start, end }: Scene): ((evidence: Evidence) => number) => {
  const width = (end - start) / BINS
  const binOf = (at: number): number =>
    Math.min(BINS - 1, Math.max(0, Math.floor((at - start) / width)))
  const own: number[] = []
  for (let i = 0; i < frame.size; i++) {
    if (frame.at[i]! >= start && frame.at[i]! <= end) own.push(frame.at[i]!)
  }
  const lines = sums(own, binOf)
  return ({ kind, hits }) => {
    if (width <= 0 || hits.length < LEAST_HITS) return 1
    const old = kind === 'value' || kind === 'number' ? OLD_VALUE : OLD_NEWS
    const counts = sums(
      hits.map(({ at }) => at),
      binOf,
    )
    let most = 0
    for (let bin = 1; bin < BINS; bin++) {
      const after = (counts[BINS]! - counts[bin]!) / counts[BINS]!
      most = Math.max(most, Math.abs(after - (1 - lines[bin]! / lines[BINS]!)))
    }
    // Kolmogorov's distance of hits that know nothing of time, at one in a hundred.
    const chance = 1.63 / Math.sqrt(hits.length)
    return old + (1 - old) * Math.min(1, most / Math.max(chance, 0.3))
  }
}

const LEAST_HITS = 5
/** Values change by every restart and every new day. */
const OLD_VALUE = 0.2
