import { afterAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { citedIds } from '../../src/core/rca/cited-lines.ts'
import type { CitedLine } from '../../src/core/rca/types.ts'
import { createRegistry } from '../../src/core/store/registry.ts'
import type { Anomaly } from '../../src/core/types.ts'
import { folderStore } from '../../src/platform/files.ts'
import { localEngine } from '../../src/serve/local-engine.ts'
import { readEvents } from '../api/server.ts'
import { testFolder } from '../cli/folder.ts'
import { learnBundle } from '../pipeline/simulated.ts'
import { faultySystem } from '../rca/faulty-system.ts'
import { client } from './client.ts'
import { killAll, startProgram, until } from './program.ts'
import { publishVersion } from './versions.ts'

const { path: folder } = testFolder()
afterAll(killAll)

test('the cause of an incident is told from the lines around it, and each line that it cites is there', async () => {
  const models = join(folder, 'models')
  const { normal, faulty: lines, service } = faultySystem()
  const bundle = await learnBundle(localEngine(), normal)
  await publishVersion(createRegistry(folderStore(models)), bundle)
  const { url, child, said } = await startProgram({
    ...{ data: join(folder, 'data'), models },
    env: {
      LOGBERT__MODEL__NAME: 'shop',
      LOGBERT__SESSION__QUIETSECONDS: '600000',
      LOGBERT__RCA__AUTO: 'low',
    },
  })
  const it = client(url)
  await it.send(lines)
  await until(async () => (await it.json('/model/status')).pipeline.lines === lines.length)
  const [incident] = (await it.json('/incidents')).items
  const answer = await it.post('/rca', { incident: incident.id })
  expect(answer.status).toBe(200)
  const { id, report } = await answer.json()
  expect(said()).toBe('')
  expect(report).toMatchObject({ found: true, basis: 'lines' })
  const { suspects, confidence, summary, start } = report
  expect(suspects[0].name).toBe(service)
  expect(confidence).toBeGreaterThan(0)
  expect(start).toBeNumber()
  expect(summary.length).toBeGreaterThan(10)
  // A line id is its source and its place on the bus.
  const known = new Set(lines.map(({ source }, i) => `${source}:${i}`))
  const cited = citedIds(report)
  expect(cited.length).toBeGreaterThan(0)
  expect(cited.filter(line => !known.has(line))).toEqual([])
  const told = new Map<string, string>(
    report.lines.map((each: { id: string; text: string }) => [each.id, each.text]),
  )
  expect([...told.keys()].sort()).toEqual(cited.sort())
  for (const [line, text] of told) {
    const [, place] = /:(\d+)$/.exec(line)!
    expect(JSON.parse(lines[Number(place)]!.text).message).toContain(text)
  }
  // Lines that an anomaly explains say how odd they are, and what was expected.
  const { anomalies } = await it.json(`/incidents/${incident.id}?limit=1000`)
  const explained = (anomalies.items as Anomaly[]).flatMap(({ source, lines: own }) =>
    own.map(each => ({ ...each, id: `${each.source ?? source}:${each.line}` })),
  )
  const odd = (report.lines as CitedLine[]).filter(({ expected }) => expected !== undefined)
  expect(odd.length).toBeGreaterThan(0)
  for (const { id, text, surprise, entropy } of odd) {
    const same = explained.filter(each => each.id === id && each.odd && each.text === text)
    const near = (a: number, b: number): boolean => Math.abs(a - b) < 0.01
    expect(same.some(each => near(each.surprise, surprise!) && near(each.entropy!, entropy!))).toBe(
      true,
    )
  }
  expect((await it.json(`/rca/${id}`)).report).toEqual(report)
  const words = await fetch(`${url}/rca/${id}`, { headers: { accept: 'text/markdown' } })
  expect(words.headers.get('content-type')).toStartWith('text/markdown')
  const markdown = await words.text()
  expect(markdown).toContain(suspects[0].name)
  expect(markdown).toMatch(/surprise [\d.]+, entropy [\d.]+; expected: "/)

  // Incidents are looked into by themselves, too, and once only while they do not grow.
  const open = (await it.json('/incidents?states=open')).items as { id: string }[]
  const reported = async (): Promise<string[]> =>
    (await it.json('/rca?limit=1000')).items.map((each: { incident: string }) => each.incident)
  await until(async () => {
    const ids = new Set(await reported())
    return open.every(each => ids.has(each.id))
  }, 100)
  const count = (await reported()).length
  await Bun.sleep(8_000)
  expect(await reported()).toHaveLength(count)
  const events = await readEvents(
    await it.get('/events?after=0&types=rca'),
    all => all.length >= count,
  )
  expect(events).toHaveLength(count)

  // One that has doubled is looked into again.
  const more = faultySystem('exception', 8).faulty.filter(
    ({ arrived }) => arrived > lines.at(-1)!.arrived,
  )
  await it.send(more)
  await until(async () => {
    const { items } = await it.json(`/rca?incident=${incident.id}`)
    return items[0].report.size >= 2 * incident.anomalies
  }, 100)
  const [again] = (await it.json(`/rca?incident=${incident.id}`)).items
  expect(again.report.suspects[0].name).toBe(service)

  // Lines that are sent are looked at by themselves; normal ones have no cause.
  const logs = normal.slice(0, 3000).map(({ text, source }) => ({ log: text, source }))
  const other = await (await it.post('/rca', { logs })).json()
  expect(other.report).toMatchObject({ found: false, suspects: [] })
  child.kill('SIGTERM')
  expect(await child.exited).toBe(0)
}, 60_000)
