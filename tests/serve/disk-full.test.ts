import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, rmdirSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TOPICS } from '../../src/bus/bus.ts'
import { createEmbeddedBus } from '../../src/bus/embedded.ts'
import type { Bundle } from '../../src/core/store/bundle.ts'
import { createRegistry } from '../../src/core/store/registry.ts'
import { openDatabase } from '../../src/db/open.ts'
import { folderStore } from '../../src/platform/files.ts'
import { localEngine } from '../../src/serve/local-engine.ts'
import { GROUP } from '../../src/serve/pipeline/embedded-reader.ts'
import { testFolder } from '../cli/folder.ts'
import { learnBundle, simulatedLogs } from '../pipeline/simulated.ts'
import { client } from './client.ts'
import { killAll, startProgram, until } from './program.ts'
import { later, publishVersion } from './versions.ts'

const engine = localEngine()
const { path: folder } = testFolder()
const { before, after } = simulatedLogs()
const given = after.map(({ line }) => line)
const lines = [...given, ...later(given)]
const models = join(folder, 'models')
const disk = mkdtempSync(join(tmpdir(), 'logbert-disk-'))
const data = join(disk, 'data')
const filler = join(disk, 'filler')
const env = {
  LOGBERT__MODEL__NAME: 'shop',
  LOGBERT__SESSION__QUIETSECONDS: '600000',
  LOGBERT__PIPELINE__CHECKPOINTSECONDS: '0.2',
}
let bundle: Bundle

const run = (...command: string[]): boolean => Bun.spawnSync(command).success
/** A disk of its own that can be filled without harm to others. */
const mounted = run('mount', '-t', 'tmpfs', '-o', 'size=160m', 'tmpfs', disk)

beforeAll(async () => {
  bundle = await learnBundle(engine, before)
  await publishVersion(createRegistry(folderStore(models)), bundle)
})
afterAll(() => {
  killAll()
  if (mounted) run('umount', '-l', disk)
  rmdirSync(disk)
})

/** Leaves no byte. */
const fill = (): void => {
  const { bavail, bsize } = statfsSync(disk)
  run('fallocate', '-l', `${bavail * bsize}`, filler)
  run('dd', 'if=/dev/zero', `of=${filler}.more`, 'bs=4096')
}
const free = (): void => {
  for (const file of [filler, `${filler}.more`]) rmSync(file, { force: true })
}

// Only root may mount; elsewhere the disk cannot be made full without harm.
test.skipIf(!mounted)(
  'a full disk refuses lines, loses none that was taken, and all is well when there is room',
  async () => {
    const { url, child } = await startProgram({ data, models, env })
    const it = client(url)
    const third = Math.ceil(lines.length / 3)
    await it.send(lines.slice(0, third))
    fill()
    const refused = await it.post('/logs', { logs: ['no room'] })
    expect(refused.status).toBe(503)
    expect(refused.headers.get('content-type')).toBe('application/problem+json')
    expect(refused.headers.get('retry-after')).not.toBeNull()
    expect((await refused.json()).detail).toContain('none of these 1 lines was taken')
    const rule = await it.post('/suppressions', { text: 'x', reason: 'test' })
    expect(rule.status).toBe(429)
    expect((await rule.json()).detail).toContain('full')
    await until(async () => !(await it.json('/readyz')).checks.pipeline.ok)
    expect((await it.json('/readyz')).checks.pipeline.reason).toContain('full')
    expect((await it.get('/anomalies')).status).toBe(200)
    expect((await it.get('/healthz')).status).toBe(200)

    free()
    await it.send(lines.slice(third, 2 * third))
    await until(async () => (await it.get('/readyz')).status === 200)
    fill()
    const asked = performance.now()
    child.kill('SIGTERM')
    expect(await child.exited).toBe(0)
    expect(performance.now() - asked).toBeLessThan(10_000)
    free()

    const next = await startProgram({ data, models, env })
    await client(next.url).send(lines.slice(2 * third))
    const bus = createEmbeddedBus({ file: join(data, 'bus.db') })
    await until(async () => (await bus.lag(TOPICS.input, GROUP))[0]!.committed === lines.length)
    expect(await Array.fromAsync(bus.read(TOPICS.dlq, { partition: 0 }))).toEqual([])
    await bus.close()
    next.child.kill('SIGTERM')
    expect(await next.child.exited).toBe(0)

    const placed = lines.map((line, position) => ({ ...line, position }))
    const stream = await engine.stream(bundle, { latenessMs: 5000, backend: 'wasm' })
    const { anomalies } = await stream.feed(placed)
    const db = openDatabase(join(data, 'logbert.db'))
    const idsOf = (all: { id: string }[]): string[] => all.map(({ id }) => id).sort()
    expect(idsOf([...db.anomalies.each({})].flat())).toEqual(idsOf(anomalies))
    const told = db.events.after(0, 100_000).filter(({ type }) => type === 'anomaly')
    expect(idsOf(told.map(({ data }) => JSON.parse(data)))).toEqual(idsOf(anomalies))
    db.close()
  },
  40_000,
)
