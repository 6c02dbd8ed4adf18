import { createEmbeddedBus } from '../../src/bus/embedded.ts'

/** What the thread is sent first, and what it answers when it has read all. */
export interface ReaderTask {
  file: string
  topic: string
  count: number
  /** Commits after so many messages. */
  commitEvery: number
}
export interface ReaderResult {
  count: number
  /** Offsets came one after the other without gap. */
  whole: boolean
  /** ms between arrival and reading, one in a hundred. */
  delays: number[]
}

declare const self: Worker

/** A thread that reads a topic to its end, as the pipeline does. */
self.onmessage = async event => {
  const { file, topic, count, commitEvery } = event.data as ReaderTask
  const bus = createEmbeddedBus({ file })
  const consumer = await bus.subscribe(topic, 'thread')
  const result: ReaderResult = { count: 0, whole: true, delays: [] }
  let committed = 0
  while (result.count < count) {
    const batch = await consumer.take(2000, 10_000)
    if (batch === undefined) break
    const now = Date.now()
    for (const { offset, arrived } of batch.messages) {
      if (offset !== result.count++) result.whole = false
      if (offset % 100 === 0) result.delays.push(now - arrived)
    }
    if (result.count - committed < commitEvery && result.count < count) continue
    await consumer.commit(0, batch.next)
    committed = batch.next
  }
  await bus.close()
  self.postMessage(result)
}
