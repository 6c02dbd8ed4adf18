/**
 * Log likelihood ratio of `k` of `n` against a probability known from normal time, when there are
 * more than that says; 0 otherwise. In nats.
 */
export const moreThan = (k: number, n: number, p0: number): number => {
  if (n <= 0 || k <= 0 || k / n <= p0) return 0
  const p = k / n
  return k * Math.log(p / p0) + (k < n ? (n - k) * Math.log((1 - p) / (1 - p0)) : 0)
}

const surprise = (k: number, n: number, p: number): number =>
  (k > 0 ? k * Math.log(k / n / p) : 0) + (k < n ? (n - k) * Math.log((1 - k / n) / (1 - p)) : 0)

/**
 * Log likelihood ratio of `k` of `n` now and `d` of `m` in normal time being two shares and not one,
 * where there are more now; 0 otherwise. What was seldom seen in normal time says little.
 */
export const moreOften = (k: number, n: number, d: number, m: number): number => {
  if (n <= 0 || k <= 0 || k * (m + 1) <= (d + 0.5) * n) return 0
  const half = d + 0.5
  const all = m + 1
  const pooled = (k + half) / (n + all)
  return surprise(k, n, pooled) + surprise(half, all, pooled)
}

/** Krichevsky–Trofimov estimate: a share that is never 0 or 1. */
export const shareOf = (d: number, m: number): number => (d + 0.5) / (m + 1)

/**
 * Log likelihood ratio of a count against the expected one, for counts whose variance is `phi` times
 * their mean. Two-sided: the caller looks at which way it went.
 */
export const countRatio = (observed: number, expected: number, phi: number): number => {
  const mean = Math.max(expected, 1e-9)
  const part = observed > 0 ? observed * Math.log(observed / mean) : 0
  return Math.max(0, part - (observed - mean)) / Math.max(1, phi)
}

/**
 * What a log likelihood ratio is worth: it grows slowly, as long incidents are no surer than short
 * ones, and with the share of the cases that are affected.
 */
export const strengthOf = (ratio: number, share: number): number => share * Math.log1p(ratio)
