const SELDOM_MS = 60_000

/** Tells of sums, the first at once and then once a minute. */
export const seldom = (tell: (sum: number) => void): ((count: number) => void) => {
  let sum = 0
  let told = Number.NEGATIVE_INFINITY
  return count => {
    sum += count
    const now = performance.now()
    if (now - told < SELDOM_MS) return
    told = now
    tell(sum)
    sum = 0
  }
}
