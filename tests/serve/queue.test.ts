import { expect, test } from 'bun:test'
import type { LogLine } from '../../src/core/types.ts'
import { createDemo } from '../../src/serve/demo.ts'
import { createLineQueue } from '../../src/serve/line-queue.ts'
import { startOptions } from '../../src/serve/start.ts'

const lines = (from: number, count: number): LogLine[] =>
  Array.from({ length: count }, (_, i) => ({ text: `${from + i}`, source: 's', arrived: 0 }))
const texts = (taken: LogLine[]): string[] => taken.map(line => line.text)

test('the queue gives lines in order, across batches, and refuses whole batches when full', async () => {
  const queue = createLineQueue(10)
  expect([lines(0, 4), lines(4, 4), lines(8, 4), lines(8, 2)].map(queue.offer)).toEqual([
    true,
    true,
    false,
    true,
  ])
  expect(texts(await queue.take(3, 0))).toEqual(['0', '1', '2'])
  expect(queue.queued).toBe(7)
  expect(queue.offer(lines(10, 3))).toBe(true)
  expect(texts(await queue.take(100, 0))).toEqual(texts(lines(3, 10)))
  expect(await queue.take(100, 0)).toEqual([])
})

test('the queue is bounded in characters, too', async () => {
  const queue = createLineQueue(100, 10)
  const line = (text: string): LogLine => ({ text, source: 's', arrived: 0 })
  expect([line('123456'), line('12345'), line('1234')].map(l => queue.offer([l]))).toEqual([
    true,
    false,
    true,
  ])
  await queue.take(1, 0)
  expect(queue.offer([line('123456')])).toBe(true)
})

test('who waits on an empty queue gets the next lines at once', async () => {
  const queue = createLineQueue(10)
  const taking = queue.take(10, 60_000)
  queue.offer(lines(0, 2))
  expect(texts(await taking)).toEqual(['0', '1'])
})

test('the demo begins with history without faults', () => {
  const now = Date.UTC(2026, 0, 5, 12)
  const { history, simulator } = createDemo(now)
  expect(history.length).toBeGreaterThan(10_000)
  expect(history.at(-1)!.arrived).toBeGreaterThanOrEqual(now)
  expect(simulator.faults.every(fault => fault.lines === 0 && fault.from > now)).toBe(true)
})

test('options win over the environment, which wins over the file', async () => {
  const env = { LOGBERT__SERVER__PORT: '1', LOGBERT__SERVER__MAXCLIENTS: '7' }
  const { config, demo } = await startOptions(['--port', '0', '--data', 'd', '--demo'], env)
  expect(config.server).toMatchObject({ port: 0, maxClients: 7 })
  expect(config.paths).toEqual({ data: 'd', models: 'models' })
  expect(demo).toBe(true)
  expect(startOptions(['--config', '/nowhere.yaml'], {})).rejects.toThrow(/does not exist/)
})
