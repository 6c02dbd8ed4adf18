/** Work that takes turns, in order of asking. */
export interface Turns {
  take<T>(work: () => Promise<T>): Promise<T>
}

export const createTurns = (): Turns => {
  let last: Promise<unknown> = Promise.resolve()
  return {
    take(work) {
      const mine = last.then(work, work)
      // A failure is told to who asked, not to the next.
      last = mine.catch(() => undefined)
      return mine
    },
  }
}
