import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BusMessage } from '../../src/bus/bus.ts'
import { decodeChunk, encodeChunk } from '../../src/bus/embedded/chunk.ts'
import { createEmbeddedBus, type EmbeddedBus } from '../../src/bus/embedded.ts'
import type { ReaderResult, ReaderTask } from '../bus/reader.ts'
import type { Bench } from './bench.ts'

const TOPIC = 'log-input'
const LINE = 140
const BATCH = 1000

const messages = (count: number, start = 0): BusMessage[] =>
  Array.from({ length: count }, (_, i) => ({
    text: `081109 203615 148 INFO dfs.DataNode$PacketResponder: PacketResponder 1 for block blk_${
      38865049064139660n + BigInt(start + i) * 7919n
    } terminating`.padEnd(LINE, ' after 91178 bytes'),
    source: 'hdfs',
    arrived: 1_700_000_000_000,
  }))

const quantile = (times: readonly number[], share: number): number =>
  times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0

const spread = (times: readonly number[]): string =>
  [0.5, 0.99, 1].map(share => quantile(times, share).toFixed(2)).join(' / ')

const rate = (lines: number, ms: number): string =>
  `${Math.round(lines / (ms / 1000)).toLocaleString('en')} lines/s, ` +
  `${((lines * LINE) / 1e6 / (ms / 1000)).toFixed(0)} MB/s`

const timed = async (run: () => unknown): Promise<number> => {
  const start = performance.now()
  await run()
  return performance.now() - start
}

/** Longest times that a timer of 1 ms was late, as those who wait for the event loop see it. */
const watchLoop = () => {
  const late: number[] = []
  let last = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    late.push(Math.max(0, now - last - 1))
    last = now
  }, 1)
  return () => {
    clearInterval(timer)
    return late
  }
}

const codec = (): void => {
  const list = messages(BATCH)
  const data = encodeChunk(list)
  const best = (run: () => unknown): number => {
    let ms = Number.POSITIVE_INFINITY
    for (let round = 0; round < 300; round++) {
      const start = performance.now()
      run()
      ms = Math.min(ms, performance.now() - start)
    }
    return ms
  }
  console.log(
    `encode, best of 300: ${rate(
      BATCH,
      best(() => encodeChunk(list)),
    )}`,
  )
  console.log(
    `decode, best of 300: ${rate(
      BATCH,
      best(() => decodeChunk(data, 0)),
    )}`,
  )
}

/** `at once` publishers, each waiting for its batch before it sends the next. */
const publish = async (
  bus: EmbeddedBus,
  { lines, size, atOnce }: { lines: number; size: number; atOnce: number },
): Promise<void> => {
  const batches = Array.from({ length: 20 }, (_, i) => messages(size, i * size))
  const times: number[] = []
  let left = Math.ceil(lines / size)
  const publisher = async (): Promise<void> => {
    while (left-- > 0) {
      times.push(await timed(() => bus.publish(TOPIC, batches[left % batches.length]!)))
    }
  }
  const loop = watchLoop()
  const cpu = process.cpuUsage()
  const ms = await timed(() => Promise.all(Array.from({ length: atOnce }, publisher)))
  const { user, system } = process.cpuUsage(cpu)
  console.log(
    `publish ${size} lines × ${atOnce} at once: ${rate(times.length * size, ms)}; ` +
      `ms until safe p50 / p99 / max ${spread(times)}; event loop late ${spread(loop())}; ` +
      `CPU ${(((user + system) / 1000 / ms) * 100).toFixed(0)} %`,
  )
}

const readAll = async (bus: EmbeddedBus): Promise<void> => {
  const consumer = await bus.subscribe(TOPIC, 'bench')
  let count = 0
  const ms = await timed(async () => {
    for (;;) {
      const batch = await consumer.take(5000, 0)
      if (batch === undefined) break
      count += batch.messages.length
    }
  })
  console.log(`take 5000 at a time: ${rate(count, ms)}`)
  const commits: number[] = []
  for (let i = 1; i <= 200; i++) commits.push(await timed(() => consumer.commit(0, i)))
  console.log(`commit: ms p50 / p99 / max ${spread(commits)}`)
  const fetches: number[] = []
  for (let i = 0; i < 100; i++) {
    const offset = (i * 7_919_993) % count
    fetches.push(await timed(() => bus.fetch(TOPIC, 0, [offset])))
  }
  console.log(`fetch one message anywhere: ms p50 / p99 / max ${spread(fetches)}`)
  Bun.gc(true)
  await consumer.take(1, 1000)
  const cpu = process.cpuUsage()
  await consumer.take(1, 3000)
  const { user, system } = process.cpuUsage(cpu)
  console.log(`waiting 3 s for nothing: ${((user + system) / 30_000).toFixed(2)} % CPU`)
  await consumer.commit(0, count)
  await consumer.close()
}

/** A steady stream, read by another thread that commits once a second or so. */
const stream = async (file: string, perSecond: number, seconds: number): Promise<void> => {
  const bus = createEmbeddedBus({ file })
  const count = perSecond * seconds
  const worker = new Worker(new URL('../bus/reader.ts', import.meta.url))
  const { promise, resolve, reject } = Promise.withResolvers<ReaderResult>()
  worker.onmessage = event => resolve(event.data as ReaderResult)
  worker.onerror = event => reject(new Error(event.message))
  const task: ReaderTask = { file, topic: 'stream', count, commitEvery: perSecond }
  worker.postMessage(task)
  const list = messages(perSecond / 100)
  const times: number[] = []
  const loop = watchLoop()
  const start = performance.now()
  for (let i = 0; i < seconds * 100; i++) {
    await Bun.sleep(Math.max(0, start + i * 10 - performance.now()))
    for (const message of list) message.arrived = Date.now()
    times.push(await timed(() => bus.publish('stream', list)))
  }
  const { delays, whole } = await promise
  worker.terminate()
  console.log(
    `${perSecond.toLocaleString('en')} lines/s for ${seconds} s, another thread reads` +
      `${whole ? '' : ' WITH GAPS'}: ms until safe p50 / p99 / max ${spread(times)}, until read ` +
      `${spread(delays)}; event loop late ${spread(loop())}`,
  )
  await bus.close()
}

const retain = async (bus: EmbeddedBus): Promise<void> => {
  const loop = watchLoop()
  let gone = { bytes: 0, freed: 0 }
  const ms = await timed(async () => {
    gone = await bus.retain({ now: Date.now(), maxAgeMs: Number.MAX_SAFE_INTEGER, maxBytes: 0 })
  })
  console.log(
    `retain: ${(gone.bytes / 1e6).toFixed(0)} MB gone, ${(gone.freed / 1e6).toFixed(0)} MB freed ` +
      `in ${(ms / 1000).toFixed(1)} s; event loop late ms p50 / p99 / max ${spread(loop())}`,
  )
}

export const bench: Bench = {
  name: 'bus',
  about: 'embedded bus: lines/s published and read, ms until safe; args: thousand lines, folder',
  async run([thousands = '1000', place = tmpdir()]) {
    const lines = Number(thousands) * 1000
    const folder = mkdtempSync(join(place, 'bench-bus-'))
    const file = join(folder, 'bus.db')
    try {
      codec()
      const bus = createEmbeddedBus({ file, maxBacklog: { messages: 1e9, bytes: 1e12 } })
      await publish(bus, { lines, size: BATCH, atOnce: 1 })
      await publish(bus, { lines, size: BATCH, atOnce: 8 })
      await publish(bus, { lines: lines / 10, size: 10, atOnce: 200 })
      await publish(bus, { lines: lines / 1000, size: 1, atOnce: 1 })
      await publish(bus, { lines, size: 100_000, atOnce: 1 })
      console.log(`file: ${(statSync(file).size / 1e6).toFixed(0)} MB`)
      await readAll(bus)
      await stream(join(folder, 'stream.db'), 20_000, 5)
      await stream(join(folder, 'fast.db'), 100_000, 5)
      await retain(bus)
      await bus.close()
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
}
