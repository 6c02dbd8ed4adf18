import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { TOPICS } from '../../src/bus/bus.ts'
import { createEmbeddedBus } from '../../src/bus/embedded.ts'
import { createRegistry } from '../../src/core/store/registry.ts'
import { folderStore } from '../../src/platform/files.ts'
import { localEngine } from '../../src/serve/local-engine.ts'
import { GROUP } from '../../src/serve/pipeline/embedded-reader.ts'
import { testFolder } from '../cli/folder.ts'
import { learnBundle, simulatedLogs } from '../pipeline/simulated.ts'
import { client } from './client.ts'
import { killAll, startProgram, until } from './program.ts'
import { publishVersion } from './versions.ts'

const { path: folder } = testFolder()
const { before, after } = simulatedLogs()
const models = join(folder, 'models')
const data = join(folder, 'data')
const env = { LOGBERT__MODEL__NAME: 'shop', LOGBERT__SESSION__QUIETSECONDS: '600000' }

beforeAll(async () => {
  const bundle = await learnBundle(localEngine(), before)
  await publishVersion(createRegistry(folderStore(models)), bundle)
  mkdirSync(data)
  await Bun.write(join(data, 'before.log'), before.map(({ text }) => text).join('\n'))
})
afterAll(killAll)

/** A body that comes in two parts; the second when it is let go. */
const inTwoParts = (first: string, second: string) => {
  const { promise, resolve: letGo } = Promise.withResolvers<void>()
  const body = new ReadableStream({
    async start(controller) {
      controller.enqueue(new TextEncoder().encode(first))
      await promise
      controller.enqueue(new TextEncoder().encode(second))
      controller.close()
    },
  })
  return { body, letGo }
}

test('SIGTERM answers what is in flight, waits for no one for ever, and what it leaves goes on later', async () => {
  const { url, child, said } = await startProgram({ data, models, env })
  const it = client(url)
  const listening = await it.get('/events')
  const job = await (await it.post('/train', { file: 'before.log', epochs: 200 })).json()
  await until(async () => (await it.json(`/train/${job.id}`)).progress?.epoch >= 1)
  const logs = after.map(({ line }) => ({ log: line.text, source: line.source }))
  const scored = it.post('/infer_batch', { logs: [...logs, ...logs, ...logs] })
  const whole = inTwoParts('a first line\n', 'and a second one\n')
  const taken = fetch(`${url}/logs`, { method: 'POST', body: whole.body })
  const never = fetch(`${url}/logs`, { method: 'POST', body: inTwoParts('half a li', '').body })
  const cut = never.then(
    answer => answer.status,
    () => 'cut',
  )
  await Bun.sleep(500)
  const asked = performance.now()
  child.kill('SIGTERM')
  await Bun.sleep(50)
  whole.letGo()
  const answer = await scored
  expect(answer.status).toBe(200)
  expect((await answer.json()).lines).toBe(3 * logs.length)
  expect((await taken).status).toBe(202)
  expect(await child.exited).toBe(0)
  expect(performance.now() - asked).toBeLessThan(10_000)
  expect(await cut).not.toBe(202)
  await listening.text().catch(() => undefined)
  expect(said()).toBe('')

  const next = await startProgram({ data, models, env })
  const bus = createEmbeddedBus({ file: join(data, 'bus.db') })
  expect((await bus.lag(TOPICS.input, GROUP))[0]!.end).toBe(2)
  await bus.close()
  const again = client(next.url)
  const state = async (): Promise<string> => (await again.json(`/train/${job.id}`)).state
  expect(await state()).toBe('running')
  await again.remove(`/train/${job.id}`)
  expect(await state()).toBe('cancelled')
  next.child.kill('SIGTERM')
  expect(await next.child.exited).toBe(0)
}, 40_000)
