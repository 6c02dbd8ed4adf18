/**
 * Exact tests of whether two alarm rates differ by more than chance. All are two-sided, and sums are
 * taken over logarithms, so that thousands of sessions are no problem.
 */

/** ln n! for n from 0 to `most`. */
const logFactorials = (most: number): Float64Array => {
  const logs = new Float64Array(most + 1)
  for (let n = 1; n <= most; n++) logs[n] = logs[n - 1]! + Math.log(n)
  return logs
}

/**
 * McNemar's test, exact (binomial): two models judged the same sessions, and disagreed on some.
 * @param one sessions on which only the first alarmed @param other only the second
 * @returns p-value of the hypothesis that either is as likely to alarm alone
 */
export const mcnemar = (one: number, other: number): number => {
  const n = one + other
  const logs = logFactorials(n)
  let tail = 0
  for (let k = 0; k <= Math.min(one, other); k++) {
    tail += Math.exp(logs[n]! - logs[k]! - logs[n - k]! - n * Math.LN2)
  }
  return Math.min(1, 2 * tail)
}

/**
 * Fisher's exact test of two shares of different sessions: `hits[i]` of `totals[i]`. The p-value
 * sums all tables with these margins that are no likelier than the one seen.
 */
export const fisher = (
  hits: readonly [number, number],
  totals: readonly [number, number],
): number => {
  const all = totals[0] + totals[1]
  const marked = hits[0] + hits[1]
  const logs = logFactorials(all)
  const choose = (n: number, k: number): number => logs[n]! - logs[k]! - logs[n - k]!
  const logOf = (k: number): number =>
    choose(totals[0], k) + choose(totals[1], marked - k) - choose(all, marked)
  const seen = logOf(hits[0])
  let p = 0
  for (let k = Math.max(0, marked - totals[1]); k <= Math.min(marked, totals[0]); k++) {
    const log = logOf(k)
    // Equal tables differ by rounding.
    if (log <= seen + 1e-7) p += Math.exp(log)
  }
  return Math.min(1, p)
}
