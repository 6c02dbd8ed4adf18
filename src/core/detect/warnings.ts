import { noveltyAlarms } from './novelty.ts'
import { honestBudget } from './tail.ts'
import type { Warning } from './verdict.ts'

/** What a training set cannot promise, as data and in words. */
export const warningsOf = (facts: {
  /** Training sessions, distinct ones among them, and distinct ones left out. */
  n: number
  distinct: number
  dropped: number
  /** Sessions left out because training was said to be unclean. */
  trimmed: number
  budget: number
  /** Share of normal sessions that hold a type never seen before. */
  rate: number
  /** External voices whose own trials showed that they do not help. */
  leftOut: readonly string[]
}): Warning[] => {
  const { n, distinct, dropped, trimmed, budget, rate, leftOut } = facts
  const honest = honestBudget(budget, n)
  const warnings: Warning[] = leftOut.map(name => ({
    code: 'voice left out',
    message: `voice "${name}" does not help to find what the trials changed; it is not heard`,
    value: 0,
  }))
  if (honest > budget) {
    warnings.push({
      code: 'few sessions',
      message:
        `${n} training sessions cannot promise that fewer than ${honest.toPrecision(2)} of the ` +
        `normal ones alarm; for ${budget} give ${Math.ceil(2 / budget)} or more`,
      value: honest,
    })
  }
  if (rate > honest) {
    const share = rate.toPrecision(2)
    const so = noveltyAlarms(rate, budget)
      ? 'each of them alarms, so that many alarms may come beyond the budget'
      : `a new type alone does not alarm; set the budget to ${share} if it should`
    warnings.push({
      code: 'new types common',
      message: `about ${share} of normal sessions hold an event type never seen before: ${so}`,
      value: rate,
    })
  }
  if (dropped > 0) {
    warnings.push({
      code: 'sampled',
      message: `${dropped} of ${distinct} distinct training sequences are represented by a sample`,
      value: dropped,
    })
  }
  if (trimmed > 0) {
    warnings.push({
      code: 'trimmed',
      message: `the ${trimmed} oddest training sessions were not learned from, as the impurity asks`,
      value: trimmed,
    })
  }
  return warnings
}
