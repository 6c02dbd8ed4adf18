import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { readLogFiles } from '../../src/cli/log-files.ts'
import { findFiles } from '../../src/cli/s3-files.ts'
import { memoryStore } from '../../src/core/store/byte-store.ts'
import { createRegistry } from '../../src/core/store/registry.ts'
import { folderStore } from '../../src/platform/files.ts'
import { s3Store } from '../../src/s3/s3-store.ts'
import { versionCache } from '../../src/s3/version-cache.ts'
import { type S3Server, startS3, withoutS3 } from '../services/s3/server.ts'
import type { Bench } from './bench.ts'

const MIB = 2 ** 20
const ROUNDS = 7
const POLLS = 200
const LINES = 400_000

const median = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[times.length >> 1]!

const timed = async (run: () => unknown): Promise<number> => {
  const start = performance.now()
  await run()
  return performance.now() - start
}

/** One after the other, so that what the machine does meanwhile hits all alike. */
const medians = async <K extends string>(
  runs: Record<K, (round: number) => unknown>,
  rounds: number,
): Promise<Record<K, number>> => {
  const times = Object.fromEntries(Object.keys(runs).map(name => [name, [] as number[]]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries<(round: number) => unknown>(runs)) {
      times[name]!.push(await timed(() => run(round)))
    }
  }
  return Object.fromEntries(
    Object.entries(times).map(([name, each]) => [name, median(each)]),
  ) as Record<K, number>
}

const row = (what: string, ms: number, bytes: number, ceiling: number): void =>
  console.log(
    `  ${what.padEnd(34)} ${ms.toFixed(1).padStart(8)} ms ${(bytes / MIB / (ms / 1000)).toFixed(0).padStart(6)} MiB/s` +
      `   ${(ms / ceiling).toFixed(2)} of the bare request`,
  )

const models = async (server: S3Server, folder: string, bytes: number): Promise<void> => {
  const Bucket = await server.bucket()
  const model = new Uint8Array(bytes)
  for (let at = 0; at < bytes; at += 65_536) crypto.getRandomValues(model.subarray(at, at + 65_536))
  const parts = { templates: {}, vocab: {}, calibration: {}, training: {}, config: {}, model }
  const draft = (created: number) => ({ name: 'app', ...parts, created })
  const remote = s3Store(`s3://${Bucket}/models`, server.options)
  const registry = createRegistry(remote)
  const onDisk = createRegistry(folderStore(join(folder, `disk-${bytes}`)))
  const { version } = await registry.publish(draft(1))
  await onDisk.publish(draft(1))
  const asked = { hit: 0, miss: 0 }
  const cache = (local = memoryStore()) =>
    createRegistry(
      versionCache(remote, local, {
        asked: hit => {
          asked[hit ? 'hit' : 'miss']++
        },
      }),
    )
  const kept = folderStore(join(folder, `cache-${bytes}`))
  await cache(kept).load('app', version)
  Object.assign(asked, { hit: 0, miss: 0 })
  const times = await medians(
    {
      put: () => server.client.send(new PutObjectCommand({ Bucket, Key: 'bare', Body: model })),
      publish: round => registry.publish(draft(round + 2)),
      disk: round => onDisk.publish(draft(round + 2)),
      get: async () => {
        const { Body } = await server.client.send(new GetObjectCommand({ Bucket, Key: 'bare' }))
        await Body!.transformToByteArray()
      },
      load: () => registry.load('app', version),
      cached: () => cache(kept).load('app', version),
      diskLoad: () => onDisk.load('app', version),
    },
    ROUNDS,
  )
  console.log(`a model of ${bytes / MIB} MiB, median of ${ROUNDS}:`)
  row('bare PutObject', times.put, bytes, times.put)
  row('publish to S3', times.publish, bytes, times.put)
  row('publish to a folder', times.disk, bytes, times.put)
  row('bare GetObject', times.get, bytes, times.get)
  row('load from S3', times.load, bytes, times.get)
  row('load with the version in the cache', times.cached, bytes, times.get)
  row('load from a folder', times.diskLoad, bytes, times.get)
  console.log(`  cache: ${asked.hit} hits, ${asked.miss} misses\n`)
}

const polls = async (server: S3Server): Promise<void> => {
  const Bucket = await server.bucket()
  const store = s3Store(`s3://${Bucket}/models`, server.options)
  await store.swap('app/latest', null, new TextEncoder().encode('20260105T080000123Z-1f2e3d4c\n'))
  const registry = createRegistry(store)
  await registry.resolve('app', 'latest')
  const Key = 'models/app/latest'
  const times = await medians(
    {
      bare: async () => {
        const { Body } = await server.client.send(new GetObjectCommand({ Bucket, Key }))
        await Body!.transformToByteArray()
      },
      poll: () => registry.resolve('app', 'latest'),
    },
    POLLS,
  )
  console.log(
    `poll of a channel that has not moved, median of ${POLLS}: ${times.poll.toFixed(2)} ms, ` +
      `${(times.poll / times.bare).toFixed(2)} of a bare GetObject (${times.bare.toFixed(2)} ms)\n`,
  )
}

const logs = async (server: S3Server): Promise<void> => {
  const Bucket = await server.bucket()
  const text = Array.from(
    { length: LINES },
    (_, i) => `2026-01-05 08:00:00,123 INFO worker-${i % 7} took job ${i} in ${i % 97} ms\n`,
  ).join('')
  const bytes = new TextEncoder().encode(text)
  const put = (Key: string, Body: Uint8Array) =>
    server.client.send(new PutObjectCommand({ Bucket, Key, Body }))
  await put('plain.log', bytes)
  await put('packed.log.gz', Bun.gzipSync(bytes))
  const local = join(tmpdir(), `${Bucket}.log`)
  await Bun.write(local, bytes)
  const read = async (word: string) => {
    const { paths, files } = await findFiles([word], server.options)
    let count = 0
    for await (const { lines } of readLogFiles(paths, { files })) count += lines.length
    if (count !== LINES) throw new Error(`${count} lines`)
  }
  const times = await medians(
    {
      file: () => read(local),
      plain: () => read(`s3://${Bucket}/plain*`),
      packed: () => read(`s3://${Bucket}/packed*`),
    },
    5,
  )
  rmSync(local)
  const rate = (ms: number) =>
    `${Math.round(LINES / (ms / 1000)).toLocaleString('en')} lines/s, ${(times.file / ms).toFixed(2)} of the file's`
  console.log(`lines of a log, ${(bytes.length / MIB).toFixed(0)} MiB, median of 5:`)
  console.log(`  file of this machine   ${rate(times.file)}`)
  console.log(`  object on S3           ${rate(times.plain)}`)
  console.log(`  packed object on S3    ${rate(times.packed)}`)
}

export const bench: Bench = {
  name: 's3',
  about:
    'models and logs on a real S3 server: publish, load, cache, poll, read; beside bare requests',
  async run() {
    const reason = await withoutS3()
    if (reason !== undefined) {
      console.log(reason)
      return
    }
    const server = await startS3()
    const folder = mkdtempSync(join(tmpdir(), 'logbert-bench-'))
    try {
      for (const mib of [1, 32]) await models(server, folder, mib * MIB)
      await polls(server)
      await logs(server)
    } finally {
      rmSync(folder, { recursive: true, force: true })
      await server.stop()
    }
  },
}
