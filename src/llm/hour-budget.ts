/** Tokens of the last hour. */
export interface HourBudget {
  /**
   * Sets tokens aside that something may cost.
   * @returns what is to be told, once, what it has cost; undefined when there are not so many
   */
  reserve(tokens: number): ((used: number) => void) | undefined
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** By the minute: an hour and a minute at most count. */
export const createHourBudget = (most: number, now: () => number): HourBudget => {
  const minutes = new Map<number, number>()
  let held = 0
  const spent = (): number => {
    for (const minute of minutes.keys()) {
      if ((minute + 1) * MINUTE > now() - HOUR) break
      minutes.delete(minute)
    }
    return minutes.values().reduce((sum, each) => sum + each, 0)
  }
  return {
    reserve(tokens) {
      if (spent() + held + tokens > most) return undefined
      held += tokens
      return used => {
        held -= tokens
        const minute = Math.floor(now() / MINUTE)
        minutes.set(minute, (minutes.get(minute) ?? 0) + used)
      }
    },
  }
}
