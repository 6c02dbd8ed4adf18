import type { Evidence } from './evidence.ts'

const BINS = 60

/** The stretch in which findings stand thick, of the whole from `from` to `to`; ms. */
export const findOnset = (
  found: readonly Evidence[],
  from: number,
  to: number,
): { start: number; end: number } | undefined => {
  const width = (to - from) / BINS
  if (width <= 0) return undefined
  const weights = new Array<number>(BINS).fill(0)
  let total = 0
  for (const { marks, strength } of found) {
    for (const mark of marks) {
      const bin = Math.min(BINS - 1, Math.max(0, Math.floor((mark - from) / width)))
      weights[bin]! += strength / marks.length
      total += strength / marks.length
    }
  }
  if (total === 0) return undefined
  let best = { ratio: 0, start: 0, end: BINS }
  for (let start = 0; start < BINS; start++) {
    let inside = 0
    for (let end = start + 1; end <= BINS; end++) {
      inside += weights[end - 1]!
      const ratio = thickness(inside, total, (end - start) / BINS)
      if (ratio > best.ratio) best = { ratio, start, end }
    }
  }
  return { start: from + best.start * width, end: from + best.end * width }
}

/** How much likelier the marks are when the stretch has a rate of its own. */
const thickness = (inside: number, total: number, share: number): number => {
  if (inside / total <= share || share >= 1) return 0
  const rest = total - inside
  return (
    inside * Math.log(inside / total / share) +
    (rest > 0 ? rest * Math.log(rest / total / (1 - share)) : 0)
  )
}
