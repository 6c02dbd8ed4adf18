import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TOPICS } from '../../src/bus/bus.ts'
import { createEmbeddedBus } from '../../src/bus/embedded.ts'
import { spawnTraining, spawnWorker } from '../../src/serve/train-process.ts'
import { createFolder, type Folder, normalLog, openService, textOf } from './train-service.ts'

const log = normalLog(4)
const text = textOf(log)
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

const quick = { epochs: 0 }
const file = { file: 'shop.log' }

async function* chunks(...parts: (string | Error)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part
    yield new TextEncoder().encode(part)
  }
}

describe('a training', () => {
  test('of a file goes through its phases, is served, evaluated and counted, and leaves nothing', async () => {
    const folder = freshFolder()
    const service = await openService(folder)
    const { id, state, request } = await service.jobs.start({ source: file, options: {} })
    expect(['waiting', 'running']).toContain(state)
    expect(request).toMatchObject({ file: 'shop.log', name: 'shop', epochs: 2, promote: 'auto' })
    const job = await service.end(id)
    expect(job.error).toBeUndefined()
    expect(job).toMatchObject({ state: 'done', result: { name: 'shop', promoted: true } })
    const { version } = job.result!
    expect(service.served).toEqual([`shop@${version}`])
    expect(await service.registry.resolve('shop', 'latest')).toBe(version)

    const { manifest } = await service.registry.load('shop', version)
    const learned = Math.ceil(0.9 * log.length)
    expect(manifest.training).toMatchObject({ lines: learned, logbert: { epochs: 2 } })
    const { candidate } = (manifest.evaluation as { heldOut: { candidate: { sessions: number } } })
      .heldOut
    expect(candidate.sessions).toBeGreaterThan(20)
    expect(job.result!.evaluation).toEqual(manifest.evaluation!)

    const progress = service.told.map(({ progress }) => progress)
    const phases = new Set(progress.map(each => each?.phase))
    for (const phase of ['counting', 'training LogBERT', 'evaluating', 'publishing']) {
      expect(phases).toContain(phase)
    }
    const step = progress.findLast(each => each?.stage === 'train')!
    expect(step).toMatchObject({ epochs: 2, starts: 1 })
    for (const figure of ['share', 'epoch', 'loss', 'learningRate', 'gradientNorm'] as const) {
      expect(step[figure]).toBeGreaterThan(0)
    }
    expect(step.tokensPerSecond).toBeGreaterThan(0)
    expect(step.etaSeconds).toBeGreaterThanOrEqual(0)
    // It stays to be seen what training reached.
    expect(job.progress).toMatchObject({ phase: 'publishing', epoch: 2, loss: expect.any(Number) })
    expect(service.told.at(0)!.state).toBe('waiting')
    expect(service.told.at(-1)!.state).toBe('done')
    expect(service.ended).toEqual(['done'])
    expect(service.seen).toMatchObject({ epochs: 2 })
    expect(service.seen.loss).toBeGreaterThan(0)
    await folder.isClean()
    await service.close()
  }, 60_000)

  test('of an upload keeps it until it is over', async () => {
    const folder = freshFolder()
    const service = await openService(folder)
    const half = text.length / 2
    const upload = chunks(text.slice(0, half), text.slice(half))
    const bytes = new TextEncoder().encode(text).length
    const { id, request } = await service.jobs.start({ source: { upload, bytes }, options: quick })
    expect(request).toMatchObject({ upload: { bytes } })
    expect(readFileSync(join(folder.data, 'uploads', id, 'upload'), 'utf8')).toBe(text)
    expect(await service.end(id)).toMatchObject({ state: 'done', result: { promoted: true } })
    await folder.isClean()
    await service.close()
  }, 60_000)

  test('of a stretch of the bus has the lines of that time with their sources', async () => {
    const folder = freshFolder()
    const bus = createEmbeddedBus({ file: join(folder.data, 'bus.db') })
    const lines = log.map(({ line }) => line)
    await bus.publish(TOPICS.input, lines)
    const service = await openService(folder)
    const [from, to] = [lines[1000]!.arrived, lines[4000]!.arrived]
    const inside = lines.filter(({ arrived }) => arrived >= from && arrived < to).length
    const stretch = { from: new Date(from).toISOString(), to }
    const options = { ...quick, holdout: 0 }
    const { id } = await service.jobs.start({ source: { bus: stretch }, options })
    const job = await service.end(id)
    expect(job.error).toBeUndefined()
    expect(job.request).toMatchObject({ bus: { from, to } })
    const { manifest, templates } = await service.registry.load('shop')
    expect(manifest.training.lines).toBe(inside)
    const sources = (templates as { headers: [string, unknown][] }).headers.map(([name]) => name)
    expect(new Set(sources)).toEqual(new Set(lines.slice(1000, 4000).map(({ source }) => source)))

    const none = await service.jobs.start({ source: { bus: { to: 1000 } }, options: quick })
    const failed = await service.end(none.id)
    expect(failed).toMatchObject({ state: 'failed', error: { code: 'BAD_INPUT' } })
    expect(failed.error!.message).toContain('from 1970-01-01T00:00:00.000Z to 1970-01-01T00:00:01')
    await bus.close()
    await service.close()
  }, 60_000)

  test('with labels tells precision, recall, F1 and AUROC beside the baselines', async () => {
    const folder = freshFolder()
    const odd = log.map(({ line, session }, i) => ({ i, session, line }))
    const late = odd.filter(({ i, session }) => i > 0.93 * log.length && session !== undefined)
    const hit = new Set(late.map(({ session }) => session!).filter((_, i) => i % 40 === 0))
    const told = log.flatMap(({ line, session }) =>
      session !== undefined && hit.has(session)
        ? [line.text, line.text, line.text, line.text]
        : [line.text],
    )
    const keys = new Set(log.flatMap(({ session }) => session ?? []))
    const labels = [...keys].map(key => `${key},${hit.has(key) ? 1 : 0}`)
    writeFileSync(join(folder.data, 'odd.log'), told.join('\n'))
    writeFileSync(join(folder.data, 'labels.csv'), ['session,label', ...labels].join('\n'))
    const service = await openService(folder)
    const options = { ...quick, labels: 'labels.csv' }
    const { id } = await service.jobs.start({ source: { file: 'odd.log' }, options })
    const job = await service.end(id)
    expect(job.error).toBeUndefined()
    const { labelled } = job.result!.evaluation as unknown as {
      labelled: { test: { odd: number }; results: Record<string, { all: { auroc: number } }> }
    }
    expect(labelled.test.odd).toBeGreaterThan(1)
    expect(labelled.results['logbert edge']!.all.auroc).toBeGreaterThan(0.9)
    expect(Object.keys(labelled.results)).toContain('baseline unseen counts')
    expect(service.seen.auc).toBe(labelled.results['logbert edge']!.all.auroc)
    expect(service.seen.recall).toBeGreaterThan(0)
    await service.close()
  }, 60_000)

  test('learns what people called normal, for the model that is served', async () => {
    const folder = freshFolder()
    const service = await openService(folder)
    service.db.feedback.add({
      ...{ id: 'f', anomaly: 'a', verdict: 'normal', kind: 'key', templates: [], created: 1 },
      session: ['the roof is gone', 'the roof is back'],
    })
    const taught = async (name: string) => {
      const { id } = await service.jobs.start({ source: file, options: { ...quick, name } })
      await service.end(id)
      return (await service.registry.load(name)).manifest.training.taught
    }
    expect(await taught('shop')).toEqual({ sessions: 1, unseenTemplates: 2, leftOut: 0 })
    expect(await taught('other')).toMatchObject({ sessions: 0 })
    await service.close()
  }, 60_000)
})

describe('promotion', () => {
  let folder: Folder
  let service: Awaited<ReturnType<typeof openService>>
  let good: string
  beforeAll(async () => {
    folder = freshFolder()
    service = await openService(folder)
    const { id } = await service.jobs.start({ source: file, options: quick })
    good = (await service.end(id)).result!.version
  }, 60_000)
  afterAll(() => service.close())

  test('a model of another system is not promoted, and the job says why with both figures', async () => {
    const other = normalLog(4, 11)
    const newest = log.slice(-Math.floor(other.length / 8))
    writeFileSync(join(folder.data, 'other.log'), textOf([...other, ...newest]))
    const source = { file: 'other.log' }
    const { id } = await service.jobs.start({ source, options: quick })
    const job = await service.end(id)
    expect(job).toMatchObject({ state: 'done', result: { promoted: false, fit: false } })
    expect(job.result!.why).toMatch(
      /^not promoted: of the held-out sessions it alarms on \d.* % \(\d+ of \d+\), latest \(.*\) on .* % \(.*\): worse by more than chance/,
    )
    expect(job.result!.why).toContain(good)
    expect(await service.registry.resolve('shop', 'latest')).toBe(good)
    expect(await service.registry.resolve('shop', 'candidate')).toBe(job.result!.version)
    expect(service.served).toEqual([`shop@${good}`])
  }, 60_000)

  test('is left to people when they ask for it', async () => {
    const options = { ...quick, promote: 'manual' as const }
    const { id } = await service.jobs.start({ source: file, options })
    const { result } = await service.end(id)
    expect(result).toMatchObject({ promoted: false, fit: true, comparedWith: good })
    expect(result!.why).toContain('promotion was left to you')
    expect(await service.registry.resolve('shop', 'candidate')).toBe(result!.version)
  }, 60_000)

  test('gives way when another model became latest meanwhile', async () => {
    const { version: faster } = await service.registry.publish({
      ...(await service.registry.load('shop', good)),
      ...{ name: 'shop', training: {}, config: {}, created: Date.now() },
    })
    const second = await openService(folder, {
      spawn: (task, hear) =>
        spawnTraining(task, message => {
          if (message.type !== 'published') return hear(message)
          void service.registry.promote('shop', faster).then(() => hear(message))
        }),
    })
    const { id } = await second.jobs.start({ source: file, options: quick })
    const { state, result } = await second.end(id)
    expect({ state, promoted: result!.promoted }).toEqual({ state: 'done', promoted: false })
    expect(result!.why).toContain(`${faster} became latest meanwhile`)
    await second.close()
  }, 60_000)

  test('few held-out sessions speak against nothing, and that is said', async () => {
    const options = { ...quick, holdout: 0.005 }
    const { id } = await service.jobs.start({ source: file, options })
    const { result } = await service.end(id)
    expect(result).toMatchObject({ promoted: true, fit: true })
    expect(result!.why).toContain('too few')
  }, 60_000)

  test('a model that cannot be served fails its job, which names it', async () => {
    const other = await openService(freshFolder(), {
      promoted: async () => {
        throw new Error('no memory')
      },
    })
    const { id } = await other.jobs.start({ source: file, options: quick })
    const job = await other.end(id)
    expect(job).toMatchObject({ state: 'failed', error: { code: 'NOT_SERVED' } })
    expect(job.error!.message).toContain(`shop@${job.result!.version}`)
    await other.close()
  }, 60_000)
})

describe('the queue', () => {
  test('runs one job at a time, is bounded, and lets go of what is cancelled', async () => {
    const folder = freshFolder()
    const service = await openService(folder, { limits: { waiting: 2 } })
    const start = () => service.jobs.start({ source: file, options: { epochs: 200 } })
    const [first, second, third] = [await start(), await start(), await start()]
    await expect(start()).rejects.toThrow('2 jobs wait already (train.maxWaiting)')
    await service.until(first.id, ({ progress }) => progress?.stage === 'train')
    expect(service.jobs.get(second.id)!.state).toBe('waiting')
    expect(await service.jobs.cancel(second.id)).toMatchObject({ state: 'cancelled' })
    expect(await service.jobs.cancel(first.id)).toMatchObject({ state: 'cancelled' })
    await service.until(third.id, ({ state }) => state === 'running')
    expect(await service.jobs.cancel(third.id)).toMatchObject({ state: 'cancelled' })
    expect(await service.jobs.cancel('none')).toBeUndefined()
    const list = service.jobs.list({ states: ['cancelled'], limit: 2 })
    expect(list.items.map(({ id }) => id)).toEqual([third.id, second.id])
    expect(list.next).not.toBeNull()
    await folder.isClean()
    expect(await service.registry.list()).toEqual([])
    await service.close()
  }, 60_000)

  test('goes on when a training process dies, and says what it died of', async () => {
    const folder = freshFolder()
    const die = join(folder.data, 'die.ts')
    writeFileSync(die, "console.error('heap is full'); process.kill(process.pid, 'SIGKILL')")
    const fall = join(folder.data, 'fall.ts')
    writeFileSync(fall, "throw new Error('fell over')")
    const programs = [die, fall]
    const service = await openService(folder, {
      spawn: (task, hear) => {
        const program = programs.shift()
        return program === undefined ? spawnTraining(task, hear) : spawnWorker(program, task, hear)
      },
    })
    const start = () => service.jobs.start({ source: file, options: quick })
    const [killed, fallen, well] = [await start(), await start(), await start()]
    expect((await service.end(killed.id)).error).toEqual({
      code: 'CRASH',
      message: expect.stringMatching(/by SIGKILL, as when memory runs out.*heap is full/),
    })
    expect((await service.end(fallen.id)).error!.message).toMatch(/exit code 1.*fell over/s)
    expect(await service.end(well.id)).toMatchObject({ state: 'done' })
    expect(service.ended).toEqual(['failed', 'failed', 'done'])
    await service.close()
  }, 60_000)
})

describe('bad requests', () => {
  test('uploads that are too large, cut off, short or empty leave nothing', async () => {
    const folder = freshFolder()
    const service = await openService(folder, { limits: { uploadBytes: 1000 } })
    const start = (upload: AsyncIterable<Uint8Array>, bytes?: number) =>
      service.jobs.start({
        source: { upload, ...(bytes !== undefined && { bytes }) },
        options: quick,
      })
    const cases: [AsyncIterable<Uint8Array>, string, number?][] = [
      [chunks('x'.repeat(600), 'y'.repeat(600)), 'larger than 1000 bytes'],
      [chunks('half a l', new Error('The connection was closed.')), 'cut off (The connection'],
      [chunks('half a l'), 'cut off after 8 of 16 bytes', 16],
      [chunks(), 'it is empty'],
    ]
    for (const [body, why, bytes] of cases) await expect(start(body, bytes)).rejects.toThrow(why)
    expect(folder.left()).toEqual([])
    expect(service.jobs.list({}).items).toEqual([])
    await service.close()
  })

  test('files elsewhere, options that do not fit, and stretches that end before they begin are refused', async () => {
    const folder = freshFolder()
    const service = await openService(folder)
    const cases: [Parameters<typeof service.jobs.start>[0], string][] = [
      [{ source: { file: '../models' }, options: {} }, 'no such file below the data folder'],
      [{ source: { file: '/etc/hostname' }, options: {} }, 'no such file below the data folder'],
      [{ source: file, options: { labels: 'none.csv' } }, 'training from none.csv failed'],
      [{ source: file, options: { network: { hidden: 30, heads: 4 } } }, 'a multiple of heads'],
      [{ source: file, options: { window: { by: 'count', size: 5, step: 9 } } }, "change 'window'"],
      [{ source: { bus: { from: 10, to: 5 } }, options: {} }, 'ends at 1970'],
    ]
    for (const [request, why] of cases) {
      await expect(service.jobs.start(request)).rejects.toThrow(why)
    }
    expect(service.jobs.list({}).items).toEqual([])
    await service.close()
  })

  test('a file that goes away before its turn fails the job', async () => {
    const folder = freshFolder()
    const service = await openService(folder)
    const long = await service.jobs.start({ source: file, options: { epochs: 200 } })
    writeFileSync(join(folder.data, 'short.log'), 'x\n')
    const gone = await service.jobs.start({ source: { file: 'short.log' }, options: quick })
    await Bun.file(join(folder.data, 'short.log')).delete()
    await service.jobs.cancel(long.id)
    expect(await service.end(gone.id)).toMatchObject({
      ...{ state: 'failed', error: { code: 'BAD_INPUT' } },
    })
    await folder.isClean()
    await service.close()
  }, 60_000)
})
