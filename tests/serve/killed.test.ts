import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { TOPICS } from '../../src/bus/bus.ts'
import { createEmbeddedBus } from '../../src/bus/embedded.ts'
import { parseConfig } from '../../src/config.ts'
import { createRandom } from '../../src/core/simulator/random.ts'
import type { Bundle } from '../../src/core/store/bundle.ts'
import { publishBundle } from '../../src/core/store/bundle.ts'
import { openDatabase } from '../../src/db/open.ts'
import { folderStore } from '../../src/platform/files.ts'
import { localEngine } from '../../src/serve/local-engine.ts'
import { GROUP } from '../../src/serve/pipeline/embedded-reader.ts'
import { testFolder } from '../cli/folder.ts'
import { learnBundle, simulatedLogs } from '../pipeline/simulated.ts'
import { killAll, type Program, startProgram, until } from './program.ts'

const KILLS = 20
const BATCH = 40

const engine = localEngine()
const { path: folder } = testFolder()
const models = join(folder, 'models')
const { before, after } = simulatedLogs()
let bundle: Bundle

/** The lines, then one of each source an hour later: everything before it is over. */
const lines = (() => {
  const given = after.map(({ line }) => line)
  const last = after.at(-1)!.line.arrived
  const later = new Date(last + 3_600_000).toISOString().replace('T', ' ').slice(0, 23)
  return [
    ...given,
    { text: `${later.replace('.', ',')} INFO all is well`, source: 'end', arrived: last },
  ]
})()

/** Silence by the clock never ends a session here, so that only the lines decide. */
const ENV = {
  LOGBERT__MODEL__NAME: 'shop',
  LOGBERT__SESSION__QUIETSECONDS: '600000',
  LOGBERT__PIPELINE__CHECKPOINTSECONDS: '0.2',
  LOGBERT__DETECT__DRIFT: 'true',
}

beforeAll(async () => {
  bundle = await learnBundle(engine, before)
  await publishBundle(folderStore(models), { ...bundle, ...draftOf(bundle) })
})
afterAll(killAll)

const draftOf = ({ manifest }: Bundle) => ({
  name: manifest.name,
  training: manifest.training,
  config: manifest.config,
  created: Date.parse(manifest.created),
})

const send = async ({ url }: Program, from: number): Promise<number> => {
  const logs = lines
    .slice(from, from + BATCH)
    .map(({ text, source, arrived }) => ({ log: text, source, timestamp: arrived }))
  const answer = await fetch(`${url}/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ logs }),
  })
  if (answer.status !== 202) throw new Error(`${answer.status}: ${await answer.text()}`)
  return from + logs.length
}

const lagIn = async (data: string) => {
  const bus = createEmbeddedBus({ file: join(data, 'bus.db') })
  const [lag] = await bus.lag(TOPICS.input, GROUP)
  await bus.close()
  return lag ?? { end: 0, committed: 0 }
}

const foundIn = (data: string) => {
  const db = openDatabase(join(data, 'logbert.db'))
  const anomalies = [...db.anomalies.each({})].flat().sort((a, b) => (a.id < b.id ? -1 : 1))
  const events = db.events.after(0, 1_000_000)
  const incidents = db.incidents.list({ limit: 1000 }).items
  db.close()
  return { anomalies, events, incidents }
}

/** What is found when nothing is ever interrupted. */
const truth = async () => {
  const { session } = parseConfig({ env: ENV })
  const known = new Map(lines.map((line, position) => [position, line]))
  const stream = await engine.stream(bundle, {
    latenessMs: 1000 * session.latenessSeconds,
    fetch: async positions => positions.map(at => known.get(at)),
  })
  const { anomalies } = await stream.feed(lines.map((line, position) => ({ ...line, position })))
  return anomalies.map(({ id, lines: shown }) => ({ id, lines: shown }))
}

test(`killed ${KILLS} times at any moment, it loses nothing acknowledged and doubles nothing`, async () => {
  const random = createRandom(4)
  const data = join(folder, 'data')
  const expected = (await truth()).sort((a, b) => (a.id < b.id ? -1 : 1))
  expect(expected.length).toBeGreaterThan(10)
  let acknowledged = 0
  for (let life = 0; life <= KILLS; life++) {
    const program = await startProgram({ data, models, env: ENV })
    const { end } = await lagIn(data)
    expect(end).toBeGreaterThanOrEqual(acknowledged)
    // What was stored without an answer is not sent again: a sender that cannot look doubles it.
    acknowledged = end
    if (life === KILLS) {
      while (acknowledged < lines.length) acknowledged = await send(program, acknowledged)
      await until(async () => (await lagIn(data)).committed === lines.length, 50)
      program.child.kill('SIGTERM')
      expect(await program.child.exited).toBe(0)
      break
    }
    const share = Math.ceil(lines.length / (KILLS + 2))
    const stop = Math.min(lines.length, acknowledged + Math.ceil(2 * share * random.next()))
    const wait = 250 * random.next()
    const killed = Bun.sleep(wait).then(() => program.child.kill('SIGKILL'))
    while (acknowledged < stop && !program.child.killed) {
      const reached = await send(program, acknowledged).catch(() => undefined)
      if (reached === undefined) break
      acknowledged = reached
    }
    await killed
    await program.child.exited
  }
  const { anomalies, events, incidents } = foundIn(data)
  expect(anomalies.map(({ id }) => id)).toEqual(expected.map(({ id }) => id))
  expect(anomalies.map(anomaly => anomaly.lines)).toEqual(expected.map(each => each.lines))
  const told = events.filter(({ type }) => type === 'anomaly').map(e => JSON.parse(e.data).id)
  expect(told.sort()).toEqual(expected.map(({ id }) => id))
  expect(incidents.reduce((sum, incident) => sum + incident.anomalies, 0)).toBe(expected.length)
}, 180_000)

test('SIGTERM keeps what is open: after it, sessions go on where they were', async () => {
  const data = join(folder, 'stopped')
  const expected = (await truth()).map(({ id }) => id).sort()
  let sent = 0
  for (const share of [0.3, 0.6, 1]) {
    const program = await startProgram({ data, models, env: ENV })
    while (sent < share * lines.length) sent = await send(program, sent)
    if (share === 1) await until(async () => (await lagIn(data)).committed === lines.length, 50)
    const asked = performance.now()
    program.child.kill('SIGTERM')
    expect(await program.child.exited).toBe(0)
    expect(performance.now() - asked).toBeLessThan(10_000)
  }
  expect(foundIn(data).anomalies.map(({ id }) => id)).toEqual(expected)
}, 60_000)
