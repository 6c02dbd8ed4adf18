import { expect, test } from 'bun:test'
import type { Detection, Detector } from '../../src/api/deps.ts'
import { createEventRing } from '../../src/api/event-ring.ts'
import { createMetrics } from '../../src/api/metrics.ts'
import { createLineQueue } from '../../src/serve/line-queue.ts'
import { startLive } from '../../src/serve/live.ts'

const none: Detection = { verdicts: [], anomalies: [] }

const recorder = (version: string, said: string[]): Detector => ({
  model: { name: 'm', version },
  feed: async lines => {
    for (const { text } of lines) {
      if (text === 'break') throw new Error('broken')
      said.push(`${version} ${text}`)
    }
    return none
  },
  quiet: async ms => {
    said.push(`${version} quiet ${ms >= 0}`)
    return none
  },
  flush: async () => {
    said.push(`${version} flush`)
    return none
  },
})

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await Bun.sleep(2)
}

test('lines wait for a model, an exchange flushes the old one, a fault does not end the stream', async () => {
  const queue = createLineQueue(100)
  const said: string[] = []
  const faults: string[] = []
  const live = startLive({
    queue,
    events: createEventRing(10, 'r'),
    metrics: createMetrics(),
    fail: error => faults.push((error as Error).message),
  })
  const offer = (text: string) => queue.offer([{ text, source: 's', arrived: 0 }])
  offer('one')
  live.use(recorder('a', said))
  await until(() => said.includes('a one'))
  await until(() => said.includes('a quiet true'))
  live.use(recorder('b', said))
  await until(() => said.includes('a flush'))
  offer('break')
  await until(() => faults.length === 1)
  offer('two')
  await until(() => said.includes('b two'))
  await live.stop()
  expect(faults).toEqual(['broken'])
  expect(said.filter(each => !each.includes('quiet'))).toEqual(['a one', 'a flush', 'b two'])
})
