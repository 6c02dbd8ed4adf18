export interface Sleepers {
  /** Resolves after `ms`, or at the next `wake`. */
  pause(ms: number): Promise<void>
  wake(): void
}

/** Those who wait for something to be stored. */
export const createSleepers = (): Sleepers => {
  const waiting = new Set<() => void>()
  return {
    async pause(ms) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, ms)
      waiting.add(resolve)
      await promise
      clearTimeout(timer)
      waiting.delete(resolve)
    },
    wake() {
      for (const resolve of waiting) resolve()
    },
  }
}
