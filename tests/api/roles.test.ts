import { expect, test } from 'bun:test'
import { tokensFrom } from '../../src/api/auth.ts'
import { documentOf } from './promises.ts'
import { openService, refusal } from './service.ts'

const auth = tokensFrom({
  LOGBERT_TOKENS_ADMIN: 'root-1, root-2',
  LOGBERT_TOKENS_OPERATOR: 'hand',
  LOGBERT_TOKENS_VIEWER: 'eye,',
})
const closed = await openService({ auth })
const open = await openService()

const ask = (path: string, token?: string, method = 'GET', service = closed) =>
  service.app.request(path, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
  })

test('tokens come from the environment, with commas', () => {
  expect(auth).toEqual({ admin: ['root-1', 'root-2'], operator: ['hand'], viewer: ['eye'] })
  expect(tokensFrom({})).toEqual({ admin: [], operator: [], viewer: [] })
})

test('each route lets in who the document says, and nobody else', async () => {
  const { paths } = (await documentOf(closed.app)) as unknown as {
    paths: Record<string, Record<string, { security: { bearer: [string] }[] }>>
  }
  const ranks = ['viewer', 'operator', 'admin']
  const tokens = ['eye', 'hand', 'root-2']
  let looked = 0
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, { security }] of Object.entries(methods)) {
      const url = path.replace(/\{\w+\}/g, 'x')
      const needed = security[0]?.bearer[0]
      if (path === '/events') continue
      const answers = [undefined, 'guess', ...tokens].map(token =>
        ask(url, token, method.toUpperCase()),
      )
      const statuses = (await Promise.all(answers)).map(answer => answer.status)
      const let_in = (status: number) => status !== 401 && status !== 403
      const expected = ranks.map(rank => ranks.indexOf(rank) >= ranks.indexOf(needed!))
      const where = `${method} ${path}`
      if (needed === undefined) expect(statuses.every(let_in), where).toBe(true)
      else {
        expect(statuses.slice(0, 2), where).toEqual([401, 401])
        expect(statuses.slice(2).map(let_in), where).toEqual(expected)
      }
      looked++
    }
  }
  expect(looked).toBeGreaterThan(35)
})

test('who is refused is told why', async () => {
  const answer = await ask('/anomalies')
  expect(answer.headers.get('www-authenticate')).toBe('Bearer')
  expect((await refusal(answer)).title).toBe('Unauthorized')
  const weak = await refusal(ask('/train', 'hand', 'POST'))
  expect([weak.status, weak.detail]).toEqual([403, expect.stringContaining('role admin')])
  expect((await refusal(ask('/anomalies', 'EYE'))).status).toBe(401)
  const text = await (await ask('/metrics', 'eye')).text()
  expect(text).toContain('logbert_refused_total{reason="unauthorized"}')
})

test('decisions are signed with the role of the token, and with nothing where there are none', async () => {
  const body = JSON.stringify({ source: 'db', reason: 'known' })
  const init = { method: 'POST', body, headers: { 'content-type': 'application/json' } }
  const headers = { ...init.headers, authorization: 'Bearer hand' }
  const signed = await (await closed.app.request('/suppressions', { ...init, headers })).json()
  expect(signed).toMatchObject({ by: 'operator' })
  const plain = (await (await open.app.request('/suppressions', init)).json()) as object
  expect(plain).not.toHaveProperty('by')
})

test('pages of other sites are refused; without tokens so is every name that is not this machine', async () => {
  const from = (headers: Record<string, string>, service = open) =>
    service.app.request('/healthz', { headers })
  expect((await refusal(from({ host: 'h:80', origin: 'http://evil.test' }, closed))).status).toBe(
    403,
  )
  expect((await refusal(from({ host: 'evil.test' }))).detail).toContain('LOGBERT_TOKENS_ADMIN')
  expect((await from({ host: 'evil.test' }, closed)).status).toBe(200)
  for (const host of ['127.0.0.1:8080', 'localhost', '[::1]:9']) {
    expect((await from({ host, origin: `http://${host}` })).status).toBe(200)
  }
})

test('every answer carries the policy that allows no foreign and no inline script', async () => {
  for (const path of ['/', '/docs', '/anomalies', '/nowhere']) {
    const { headers } = await open.get(path)
    expect(headers.get('content-security-policy')).toContain("script-src 'self'")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('cross-origin-embedder-policy')).toBe('require-corp')
  }
})

test('the page and what it is made of need no token', async () => {
  for (const path of ['/', '/style.css', '/page.js']) expect((await ask(path)).status).toBe(200)
})
