import { afterAll, expect, test } from 'bun:test'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createFolder, type Folder, normalLog, openService, textOf } from './train-service.ts'

const text = textOf(normalLog(4))
const folders: Folder[] = []
const freshFolder = (): Folder => {
  const folder = createFolder()
  folders.push(folder)
  writeFileSync(join(folder.data, 'shop.log'), text)
  return folder
}
afterAll(() => {
  for (const folder of folders) folder.remove()
})

const source = { file: 'shop.log' }
const EPOCHS = 8

const waitFor = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await Bun.sleep(2)
}

/** The program on a folder, killed when the first network has left a checkpoint. */
const killedInTheMiddle = async ({ data, models }: Folder): Promise<string> => {
  const main = resolve(import.meta.dir, 'train-main.ts')
  const child = Bun.spawn([process.execPath, main, data, models, `${EPOCHS}`], { stdout: 'pipe' })
  const { value } = await child.stdout.getReader().read()
  const id = new TextDecoder().decode(value).trim()
  await waitFor(() => existsSync(join(data, 'jobs', id, 'network-1.ckpt')))
  child.kill('SIGKILL')
  await child.exited
  return id
}

test('a job that was killed goes on from its last epoch, with the model it would have had', async () => {
  const whole = await openService(freshFolder())
  const { id: through } = await whole.jobs.start({ source, options: { epochs: EPOCHS } })
  const expected = (await whole.end(through)).result!
  const { manifest } = await whole.registry.load('shop')
  await whole.close()

  const folder = freshFolder()
  const id = await killedInTheMiddle(folder)
  const service = await openService(folder)
  expect(service.jobs.get(id)!.state).toBe('running')
  const { state, result } = await service.end(id)
  expect(state).toBe('done')
  const again = (await service.registry.load('shop', result!.version)).manifest
  expect(again.files).toEqual(manifest.files)
  expect(result!.evaluation).toEqual(expected.evaluation!)
  const notes = service.told.map(({ progress }) => progress?.note ?? '')
  expect(notes.some(note => /goes on after epoch [1-8]/.test(note))).toBe(true)
  expect(service.told.some(({ progress }) => progress?.starts === 2)).toBe(true)
  const epochs = service.told.flatMap(({ progress }) => progress?.epoch ?? [])
  expect(Math.min(...epochs)).toBeGreaterThan(0)
  // Killed at any moment, there is one version only.
  expect(await service.registry.list('shop')).toHaveLength(1)
  await folder.isClean()
  await service.close()
}, 120_000)

test('an orderly end leaves what runs running and what waits waiting; all goes on in order', async () => {
  const folder = freshFolder()
  const first = await openService(folder)
  const start = (epochs: number) => first.jobs.start({ source, options: { epochs } })
  const [long, second, third] = [await start(3), await start(0), await start(0)]
  await first.until(long.id, ({ progress }) => progress?.stage === 'train')
  await first.close()

  mkdirSync(join(folder.data, 'jobs', 'of-nobody'))
  mkdirSync(join(folder.data, 'uploads', 'of-nobody'), { recursive: true })
  const next = await openService(folder)
  expect(next.jobs.list({}).items.map(({ state }) => state)).toEqual([
    'waiting',
    'waiting',
    'running',
  ])
  expect(folder.left()).toEqual([long.id])
  for (const { id } of [long, second, third]) expect((await next.end(id)).state).toBe('done')
  const done = next.told.filter(({ state }) => state === 'done').map(({ id }) => id)
  expect(done).toEqual([long.id, second.id, third.id])
  // An end in order is none of the job's doing.
  expect(next.told.every(({ progress }) => (progress?.starts ?? 1) === 1)).toBe(true)
  await next.close()
}, 120_000)

test('a job at which the server dies again and again is given up', async () => {
  const folder = freshFolder()
  const first = await openService(folder)
  const { id } = await first.jobs.start({ source, options: { epochs: 50 } })
  await first.until(id, ({ progress }) => progress?.stage === 'train')
  await first.jobs.stop()
  const job = first.jobs.get(id)!
  first.db.jobs.put({ ...job, progress: { phase: 'starting', starts: 5 } })
  first.db.close()
  const next = await openService(folder)
  expect(await next.end(id)).toMatchObject({ state: 'failed', error: { code: 'LIMIT' } })
  expect(next.jobs.get(id)!.error!.message).toContain('the server ended 5 times')
  await next.close()
}, 60_000)

test('a model that was published before the server died is promoted after it', async () => {
  const folder = freshFolder()
  const first = await openService(folder)
  const { id } = await first.jobs.start({ source, options: { epochs: 0 } })
  const job = await first.end(id)
  const { ended: _, ...unfinished } = { ...job, state: 'running' as const }
  first.db.jobs.put({ ...unfinished, result: { ...job.result!, promoted: false } })
  await first.close()
  const next = await openService(folder)
  expect(await next.end(id)).toMatchObject({ state: 'done', result: { promoted: true } })
  expect(next.served).toEqual([`shop@${job.result!.version}`])
  expect(await next.registry.list('shop')).toHaveLength(1)
  await next.close()
}, 60_000)
