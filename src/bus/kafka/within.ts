/** Resolves when the work has ended, well or not, or after so long: some of kafkajs never ends. */
export const within = async (ms: number, work: Promise<unknown> | undefined): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  await Promise.race([promise, work?.catch(() => undefined)])
  clearTimeout(timer)
}
