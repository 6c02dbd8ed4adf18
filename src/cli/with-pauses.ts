/**
 * What comes, and undefined each time that nothing has come for `ms`: the input of somebody who must
 * act although nothing comes. Reads one item ahead.
 */
export async function* withPauses<T>(
  input: AsyncIterable<T>,
  ms: number,
): AsyncGenerator<T | undefined> {
  const iterator = input[Symbol.asyncIterator]()
  let next = iterator.next()
  try {
    for (;;) {
      const result = await within(next, ms)
      if (result === undefined) {
        yield undefined
        continue
      }
      if (result.done === true) return
      next = iterator.next()
      // It is awaited in the next round, and may fail before.
      next.catch(() => undefined)
      yield result.value
    }
  } finally {
    // A pipe that stays silent would never answer.
    void iterator.return?.()
  }
}

/** Undefined when it takes longer. */
const within = async <T>(promise: Promise<T>, ms: number): Promise<T | undefined> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<undefined>(resolve => {
    timer = setTimeout(() => resolve(undefined), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
