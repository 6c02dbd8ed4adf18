import { expect, test } from 'bun:test'
import { LogbertError } from '../../src/core/errors.ts'
import { openService, pointers, refusal } from './service.ts'

const service = await openService()
const { get, post, models, pipeline } = service
const { latest, candidate, damaged } = models

const promote = (version: string, body?: unknown) => post(`/models/${version}/promote`, body ?? {})
const status = () => service.json(get('/model/status'), 'get', '/model/status')

test('the status tells what is served, what the channels name, and how the pipeline does', async () => {
  expect(await status()).toMatchObject({
    served: { name: 'default', version: latest },
    channels: { latest, previous: null, candidate },
    manifest: { version: latest },
    pipeline: { lines: 0 },
  })
})

test('versions come newest first, a page at a time', async () => {
  const first = await service.json(get('/models?limit=2'), 'get', '/models')
  const versions = (page: { items: { manifest: { version: string } }[] }) =>
    page.items.map(({ manifest }) => manifest.version)
  expect(versions(first)).toEqual([candidate, damaged])
  const rest = await service.json(get(`/models?limit=2&cursor=${first.next}`), 'get', '/models')
  expect(versions(rest)).toEqual([latest])
  expect(rest.next).toBeNull()
  const none = await service.json(get('/models?name=other'), 'get', '/models')
  expect(none).toEqual({ items: [], next: null })
  expect((await refusal(get('/models?cursor=abc'))).status).toBe(400)
})

test('a version is promoted once; who is late, or wrong, is told so', async () => {
  const wrong = await refusal(promote(candidate, { expected: candidate }))
  expect([wrong.status, pipeline.version]).toEqual([409, latest])
  const done = await service.json(
    promote('candidate', { expected: latest }),
    ...(['post', '/models/{version}/promote'] as const),
  )
  expect(done).toMatchObject({ manifest: { version: candidate } })
  expect(pipeline.version).toBe(candidate)
  const [one, two] = await Promise.all([promote(latest), promote(latest)])
  expect([one.status, two.status].sort()).toEqual([200, 409])
  expect(pipeline.version).toBe(latest)
  expect((await refusal(promote('nothing'))).status).toBe(404)
  expect((await refusal(promote(latest, { name: 'other' }))).status).toBe(404)
  const odd = await refusal(promote(latest, { name: '../x', force: true }))
  expect([odd.status, pointers(odd)]).toEqual([422, ['/force', '/name']])
})

test('a damaged version is never served, and a version that cannot be served is taken back', async () => {
  const before = await status()
  const problem = await refusal(promote(damaged))
  expect([problem.status, problem.detail]).toEqual([503, expect.stringContaining('vocab.json')])
  const { serveLatest } = service.deps
  service.deps.serveLatest = () =>
    Promise.reject(new LogbertError('BACKEND_ABSENT', 'there is no room for it'))
  expect((await refusal(promote(candidate))).detail).toContain('no room')
  service.deps.serveLatest = serveLatest
  expect((await status()).channels.latest).toBe(before.channels.latest)
  expect(pipeline.version).toBe(latest)
})

test('what was served before comes back, and a version goes when no channel names it', async () => {
  const back = await service.json(post('/models/rollback'), 'post', '/models/rollback')
  expect(back).toMatchObject({ manifest: { version: candidate } })
  expect(pipeline.version).toBe(candidate)
  expect((await refusal(service.delete(`/models/${candidate}`))).status).toBe(409)
  expect((await service.delete(`/models/${damaged}`)).status).toBe(204)
  expect((await refusal(service.delete(`/models/${damaged}`))).status).toBe(404)
  const fresh = await openService()
  expect((await refusal(fresh.post('/models/rollback', {}))).status).toBe(409)
})
