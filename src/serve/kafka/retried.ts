const AGAIN_MS = 2_000

/** Until it works, or is given up: brokers may start later than we do. */
export const retried = async <T>(
  work: () => Promise<T>,
  trouble: (why: string) => void,
  wanted: () => boolean,
): Promise<T> => {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!wanted()) throw error
      trouble(error instanceof Error ? error.message : `${error}`)
      await new Promise(resolve => setTimeout(resolve, AGAIN_MS))
    }
  }
}
