/** How many different event types of a sequence training never saw. */
export const unseenTypes = (sequence: readonly number[], known: ReadonlySet<number>): number => {
  const unseen = new Set<number>()
  for (const id of sequence) if (!known.has(id)) unseen.add(id)
  return unseen.size
}

/**
 * Good–Turing estimate of the share of normal sessions that hold an unseen type: the share of
 * training sessions with a type of their own, (k + 1)/(n + 1).
 * @param own by row: types that no other session has @param shares sessions each row stands for
 */
export const noveltyRate = (own: readonly number[], shares: readonly number[]): number => {
  let n = 0
  let k = 0
  own.forEach((types, i) => {
    n += shares[i]!
    if (types > 0) k += shares[i]!
  })
  return (k + 1) / (n + 1)
}

/** Least rate of new types that is too high for the rule, and the rate as a multiple of the budget. */
const RARE = 0.005
const TIMES = 5

/**
 * Whether an unseen type alarms by itself: while normal sessions that bring one are rare. The
 * alarms it may cost are bounded by this rate, not by the budget alone.
 */
export const noveltyAlarms = (rate: number, budget: number): boolean =>
  rate <= Math.max(RARE, TIMES * budget)
