import { expect, test } from 'bun:test'
import { localEngine } from '../../src/serve/local-engine.ts'
import { learnBundle, simulatedLogs } from '../pipeline/simulated.ts'
import { draftOf } from '../serve/versions.ts'
import { openService, pointers, refusal } from './service.ts'

const service = await openService()
const { get, registry, models } = service
const bundle = await learnBundle(localEngine(), simulatedLogs().before)
const trained = await registry.publish(draftOf(bundle))
const flow = (query = '', version = trained.version) =>
  service.json(get(`/models/shop/${version}/flow${query}`), 'get', '/models/{name}/{version}/flow')

test('what a trained model knows of services, their calls and their steps is told, within limits', async () => {
  const whole = await flow()
  expect(whole.model).toEqual({ name: 'shop', version: trained.version })
  expect(whole.lines).toBe(simulatedLogs().before.length)
  expect(whole.more).toBe(0)
  const names: string[] = whole.services.map(({ name }: { name: string }) => name)
  const sources = new Set(simulatedLogs().before.map(({ source }) => source))
  expect(names.length).toBeGreaterThan(1)
  expect(names.length).toBeLessThanOrEqual(sources.size)
  expect(whole.edges.length).toBeGreaterThan(0)
  for (const { from, to } of whole.edges) {
    expect(names).toContain(from)
    expect(names).toContain(to)
  }
  const few = await flow('?limit=1')
  expect([few.services.length, few.more, few.edges]).toEqual([1, names.length - 1, []])
  const one = await flow(`?service=${encodeURIComponent(names[0]!)}&steps=3`)
  expect(one.steps.service).toBe(names[0])
  expect(one.steps.steps.length).toBeLessThanOrEqual(3)
  expect(one.steps.steps[0].lines).toBeGreaterThan(0)
})

test('what there is not is not found, and why is said', async () => {
  const problem = async (path: string) => {
    const { status, detail } = await refusal(get(path))
    return [status, detail] as const
  }
  expect((await problem('/models/shop/none/flow'))[0]).toBe(404)
  expect((await problem(`/models/other/${trained.version}/flow`))[0]).toBe(404)
  expect((await problem('/models/shop/candidate/flow'))[0]).toBe(404)
  const [status, detail] = await problem('/models/default/latest/flow')
  expect([status, detail]).toEqual([404, expect.stringContaining('train again')])
  expect(detail).toContain(models.latest)
  expect(await problem(`/models/shop/${trained.version}/flow?service=nobody`)).toEqual([
    ...[404, expect.stringContaining('"nobody"')],
  ] as never)
  const faults = await refusal(get(`/models/shop/${trained.version}/flow?limit=0&depth=3`))
  expect([faults.status, ...pointers(faults)]).toEqual([400, '/depth', '/limit'])
})
