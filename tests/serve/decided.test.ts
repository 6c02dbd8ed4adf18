import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Incident } from '../../src/core/incident/incident.ts'
import { createRegistry } from '../../src/core/store/registry.ts'
import type { StoredAnomaly } from '../../src/db/database.ts'
import { folderStore } from '../../src/platform/files.ts'
import { localEngine } from '../../src/serve/local-engine.ts'
import { readEvents } from '../api/server.ts'
import { testFolder } from '../cli/folder.ts'
import { learnBundle, simulatedLogs } from '../pipeline/simulated.ts'
import { client } from './client.ts'
import { killAll, startProgram, until } from './program.ts'
import { shopLogs } from './shop-logs.ts'
import { publishVersion } from './versions.ts'

const { path: folder } = testFolder()
const models = join(folder, 'models')
const env = {
  LOGBERT__MODEL__NAME: 'shop',
  LOGBERT__SESSION__QUIETSECONDS: '600000',
  LOGBERT__DETECT__DRIFT: 'false',
  // Trouble of the next time belongs to what there was before.
  LOGBERT__INCIDENTS__GAPSECONDS: '86400',
}

beforeAll(async () => {
  const bundle = await learnBundle(localEngine(), simulatedLogs().before)
  await publishVersion(createRegistry(folderStore(models)), bundle)
})
afterAll(killAll)

/** Lines by folder. */
const sent = new Map<string, number>()

/** The program on a folder, to which the same trouble can be sent time and again. */
const serve = async (name: string, times = 0, begun?: number) => {
  const { url, child } = await startProgram({ data: join(folder, name), models, env })
  const it = client(url)
  let time = times
  const anomalies = async (query = ''): Promise<StoredAnomaly[]> =>
    (await it.json(`/anomalies?limit=1000${query}`)).items
  return {
    ...{ ...it, url, child, anomalies },
    /** Sends it once more; gives what was found in it. */
    async again(): Promise<StoredAnomaly[]> {
      const known = new Set((await anomalies()).map(({ id }) => id))
      const lines = shopLogs(time++, begun)
      const sum = (sent.get(name) ?? 0) + lines.length
      sent.set(name, sum)
      await it.send(lines)
      await until(async () => (await it.json('/model/status')).pipeline.lines === sum)
      return (await anomalies()).filter(({ id }) => !known.has(id))
    },
    incidents: async (): Promise<Incident[]> => (await it.json('/incidents?limit=1000')).items,
  }
}

const sessionsOf = (found: readonly StoredAnomaly[]): string[] =>
  found.filter(({ state }) => state === 'open').map(({ session }) => session)

test('what is said to be normal alarms no more, in what was and in what comes, over a crash, until it is undone', async () => {
  const it = await serve('feedback')
  const found = await it.again()
  const odd = found.find(({ kind }) => kind === 'missing ending')!
  const other = found.find(({ kind }) => kind === 'new template')!
  const said = await it.post(`/anomalies/${odd.id}/feedback`, {
    verdict: 'normal',
    reason: 'known',
  })
  expect(said.status).toBe(201)
  expect(await it.json(`/anomalies/${odd.id}`)).toMatchObject({ state: 'normal' })
  const course = (await said.json()).feedback.session.join('\n')
  it.child.kill('SIGKILL')
  await it.child.exited

  const next = await serve('feedback', 1)
  const second = await next.again()
  expect(sessionsOf(second)).toContain(other.session)
  expect(sessionsOf(second)).not.toContain(odd.session)
  const undone = await next.remove(`/anomalies/${odd.id}/feedback`)
  expect((await undone.json()).feedback.session.join('\n')).toBe(course)
  expect(await next.json(`/anomalies/${odd.id}`)).toMatchObject({ state: 'open' })
  const third = await next.again()
  expect(sessionsOf(third)).toContain(odd.session)
  // Past ones that are alike go and come with it.
  const [twin] = third.filter(({ session }) => session === odd.session)
  await next.post(`/anomalies/${twin!.id}/feedback`, { verdict: 'normal' })
  expect(await next.json(`/anomalies/${odd.id}`)).toMatchObject({ state: 'normal' })
  await next.remove(`/anomalies/${twin!.id}/feedback`)
  expect(await next.json(`/anomalies/${odd.id}`)).toMatchObject({ state: 'open' })
  next.child.kill('SIGTERM')
  expect(await next.child.exited).toBe(0)
}, 30_000)

test('a suppression hides what was and what comes, counts it, and holds until it expires', async () => {
  const it = await serve('suppression')
  const found = await it.again()
  const { source } = found.find(({ kind }) => kind === 'new template')!
  const alike = found.filter(each => each.source === source).length
  const expires = Date.now() + 4_000
  const made = await it.post('/suppressions', { source, reason: 'rebuilt today', expires })
  expect(made.status).toBe(201)
  const rule = await made.json()
  expect(rule.hidden).toBe(alike)
  expect(sessionsOf(await it.anomalies(`&source=${source}`))).toEqual([])

  const { last } = await lastEvent(it.url, found.length)
  const second = await it.again()
  expect(Date.now()).toBeLessThan(expires)
  const hidden = second.filter(each => each.source === source)
  expect(hidden.length).toBe(alike)
  expect(new Set(hidden.map(({ state, suppressedBy }) => `${state} ${suppressedBy}`))).toEqual(
    new Set([`suppressed ${rule.id}`]),
  )
  expect((await it.json(`/suppressions/${rule.id}`)).hidden).toBe(2 * alike)
  await until(async () =>
    (await (await it.get('/metrics')).text()).includes(`logbert_suppressed_total ${alike}`),
  )
  const shown = second.length - hidden.length
  const events = await readEvents(
    await it.get(`/events?after=${last}&types=anomaly`),
    all => all.length >= shown,
  )
  expect(events.map(({ data }) => JSON.parse(data).source)).not.toContain(source)

  await until(() => Date.now() >= expires)
  const third = await it.again()
  expect(sessionsOf(third.filter(each => each.source === source))).toHaveLength(alike)
  expect((await it.json('/suppressions?active=true')).items).toEqual([])
  expect((await it.remove(`/suppressions/${rule.id}`)).status).toBe(200)
  expect(sessionsOf(await it.anomalies(`&source=${source}`))).toHaveLength(3 * alike)
  it.child.kill('SIGTERM')
  expect(await it.child.exited).toBe(0)
}, 30_000)

/** The last event of a feed that tells so many anomalies; the feed may come in several reads. */
const lastEvent = async (url: string, anomalies: number): Promise<{ last: number }> => {
  const events = await readEvents(
    await fetch(`${url}/events?after=0&types=anomaly`),
    all => all.length >= anomalies,
  )
  return { last: Math.max(...events.map(({ id }) => Number(id))) }
}

test('what people do to incidents outlasts restarts, and is not overwritten by what comes', async () => {
  // What comes after it was resolved must say so by its time.
  const begun = Date.now()
  const it = await serve('incidents', 0, begun)
  await it.again()
  const [first] = (await it.incidents()).sort((a, b) => b.anomalies - a.anomalies)
  const { id, anomalies } = first!
  expect(first!.state).toBe('open')
  const change = { state: 'acknowledged', note: 'Ada looks at it' }
  expect((await it.patch(`/incidents/${id}`, change)).status).toBe(200)
  expect((await it.patch(`/incidents/${id}`, { state: 'acknowledged' })).status).toBe(409)
  // Changes and lines at the same time.
  const grown = it.again()
  const noted = []
  for (let turn = 0; turn < 20; turn++) {
    noted.push(it.patch(`/incidents/${id}`, { note: `turn ${turn}` }))
    await Bun.sleep(20)
  }
  expect((await Promise.all(noted)).every(({ ok }) => ok)).toBe(true)
  await grown
  const now = async (of = it): Promise<Incident> => (await of.json(`/incidents/${id}`)).incident
  expect(await now()).toMatchObject({ state: 'acknowledged', note: 'turn 19' })
  expect((await now()).anomalies).toBeGreaterThan(anomalies)
  it.child.kill('SIGTERM')
  expect(await it.child.exited).toBe(0)

  const next = await serve('incidents', 2, begun)
  expect(await now(next)).toMatchObject({ state: 'acknowledged', note: 'turn 19' })
  await next.again()
  expect(await now(next)).toMatchObject({ state: 'acknowledged', note: 'turn 19' })
  expect((await next.patch(`/incidents/${id}`, { state: 'resolved' })).status).toBe(200)
  next.child.kill('SIGKILL')
  await next.child.exited

  const last = await serve('incidents', 3, begun)
  expect(await now(last)).toMatchObject({ state: 'resolved' })
  await last.again()
  // It came back.
  expect(await now(last)).toMatchObject({ state: 'open', reopened: 1 })
  await last.patch(`/incidents/${id}`, { state: 'resolved' })
  expect((await last.patch(`/incidents/${id}`, { state: 'open' })).status).toBe(200)
  expect(await now(last)).toMatchObject({ state: 'open' })
  last.child.kill('SIGTERM')
  expect(await last.child.exited).toBe(0)
}, 40_000)
