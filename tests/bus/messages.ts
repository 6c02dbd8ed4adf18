import type { Bus, BusConsumer, BusMessage, StoredMessage } from '../../src/bus/bus.ts'

/** The i-th message of a batch; its key is the publisher, so that its order must hold. */
export const messageOf = (name: string, batch: number, i: number): BusMessage => ({
  text: `${name} batch ${batch} line ${i} ${'.'.repeat((batch * 7 + i) % 90)}`,
  source: `host-${i % 3}`,
  arrived: 1_700_000_000_000 + batch,
  key: name,
})

export const batchOf = (name: string, batch: number, size: number): BusMessage[] =>
  Array.from({ length: size }, (_, i) => messageOf(name, batch, i))

export type Placed = StoredMessage & { partition: number }

/** Takes until there are `count` messages or nothing comes for a while. */
export const takeAll = async (
  consumer: BusConsumer,
  count: number,
  most = 1000,
): Promise<Placed[]> => {
  const messages: Placed[] = []
  while (messages.length < count) {
    const batch = await consumer.take(Math.min(most, count - messages.length), 5000)
    if (batch === undefined) break
    for (const message of batch.messages) messages.push({ ...message, partition: batch.partition })
  }
  return messages
}

/** Commits the end of what was taken. */
export const commitAll = async (consumer: BusConsumer, taken: readonly Placed[]): Promise<void> => {
  const next = new Map(taken.map(({ partition, offset }) => [partition, offset + 1]))
  for (const [partition, offset] of next) await consumer.commit(partition, offset)
}

/** Everything kept in a topic, through a group of its own. */
export const readAll = async (bus: Bus, topic: string): Promise<Placed[]> => {
  const messages: Placed[] = []
  for (const { partition } of await bus.lag(topic, 'reader')) {
    for await (const batch of bus.read(topic, { partition })) {
      for (const message of batch.messages) messages.push({ ...message, partition })
    }
  }
  return messages
}

export const textsOf = (messages: readonly { text: string }[]): string[] =>
  messages.map(({ text }) => text)

export const codeOf = (run: Promise<unknown>): Promise<unknown> =>
  run.then(
    () => undefined,
    (error: { code?: unknown }) => error.code,
  )
