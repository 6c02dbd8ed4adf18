/**
 * Counts of values on a logarithmic scale, eight bins to the doubling: enough for medians, spreads
 * and maxima, it adds up across stretches, and it stays small whatever comes.
 */
export interface Histogram {
  n: number
  sum: number
  max: number
  min: number
  bins: Map<number, number>
}

const UNIT = 0.01
const PER_DOUBLING = 8

export const createHistogram = (): Histogram => ({
  n: 0,
  sum: 0,
  max: -Infinity,
  min: Infinity,
  bins: new Map(),
})

const binOf = (value: number): number => {
  const size = Math.abs(value)
  if (size < UNIT) return 0
  const bin = 1 + Math.round(PER_DOUBLING * Math.log2(size / UNIT))
  return value < 0 ? -bin : bin
}

const middle = (bin: number): number => {
  if (bin === 0) return 0
  const size = UNIT * 2 ** ((Math.abs(bin) - 1) / PER_DOUBLING)
  return bin < 0 ? -size : size
}

export const record = (histogram: Histogram, value: number): void => {
  const bin = binOf(value)
  histogram.n++
  histogram.sum += value
  if (value > histogram.max) histogram.max = value
  if (value < histogram.min) histogram.min = value
  histogram.bins.set(bin, (histogram.bins.get(bin) ?? 0) + 1)
}

export const addHistogram = (to: Histogram, from: Histogram): void => {
  to.n += from.n
  to.sum += from.sum
  to.max = Math.max(to.max, from.max)
  to.min = Math.min(to.min, from.min)
  for (const [bin, count] of from.bins) to.bins.set(bin, (to.bins.get(bin) ?? 0) + count)
}

/** What judging needs of a histogram. `mad` is the spread of the logarithm, as a standard deviation. */
export interface Spread {
  n: number
  median: number
  /** Robust standard deviation of ln(value), at least that of one bin. */
  sd: number
  max: number
  min: number
  mean: number
}

const LEAST_SD = Math.LN2 / PER_DOUBLING

export const spreadOf = ({ n, sum, max, min, bins }: Histogram): Spread => {
  const sorted = [...bins].sort(([a], [b]) => a - b)
  const middleBin = quantile(sorted, n / 2)
  const away = sorted
    .map(([bin, count]): [number, number] => [Math.abs(bin - middleBin), count])
    .sort(([a], [b]) => a - b)
  const sd = Math.max(LEAST_SD, 1.4826 * quantile(away, n / 2) * LEAST_SD)
  return { n, median: middle(middleBin), sd, max, min, mean: sum / n }
}

const quantile = (sorted: readonly [number, number][], rank: number): number => {
  let seen = 0
  for (const [bin, count] of sorted) {
    seen += count
    if (seen >= rank) return bin
  }
  return 0
}
