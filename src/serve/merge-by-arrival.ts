import type { BusBatch, StoredMessage } from '../bus/bus.ts'

/** Messages of several partitions as one stream, oldest first; each partition keeps its own order. */
export async function* mergeByArrival(
  partitions: readonly AsyncIterable<BusBatch>[],
): AsyncGenerator<StoredMessage[]> {
  const heads: Head[] = []
  try {
    for (const partition of partitions) {
      const head = await begin(partition)
      if (head !== undefined) heads.push(head)
    }
    while (heads.length > 0) {
      yield takeOldest(heads)
      await refill(heads)
    }
  } finally {
    for (const { rest } of heads) await rest.return?.()
  }
}

interface Head {
  rest: AsyncIterator<BusBatch>
  messages: StoredMessage[]
  at: number
}

const begin = async (partition: AsyncIterable<BusBatch>): Promise<Head | undefined> => {
  const rest = partition[Symbol.asyncIterator]()
  const { done, value } = await rest.next()
  return done === true ? undefined : { rest, messages: value.messages, at: 0 }
}

const isUsedUp = ({ messages, at }: Head): boolean => at === messages.length

/** All that is known to be oldest: until one of the partitions has to be asked for more. */
const takeOldest = (heads: readonly Head[]): StoredMessage[] => {
  const taken: StoredMessage[] = []
  const nextOf = ({ messages, at }: Head): StoredMessage => messages[at]!
  while (!heads.some(isUsedUp)) {
    const oldest = heads.reduce((a, b) => (nextOf(b).arrived < nextOf(a).arrived ? b : a))
    taken.push(oldest.messages[oldest.at++]!)
  }
  return taken
}

/** Fetches on where a batch is used up; partitions that ended go. */
const refill = async (heads: Head[]): Promise<void> => {
  for (let i = heads.length - 1; i >= 0; i--) {
    const head = heads[i]!
    if (!isUsedUp(head)) continue
    const { done, value } = await head.rest.next()
    if (done === true) heads.splice(i, 1)
    else Object.assign(head, { messages: value.messages, at: 0 })
  }
}
