import { expect, test } from 'bun:test'
import { documentOf } from './promises.ts'
import { openService } from './service.ts'

const service = await openService()

interface Operation {
  summary?: string
  description?: string
  tags?: string[]
  operationId: string
  security: Record<string, string[]>[]
  parameters?: { in: string; name: string; required?: boolean; schema: unknown }[]
  requestBody?: { content: Record<string, { schema?: unknown }> }
  responses: Record<string, { description: string; content?: Record<string, { schema?: unknown }> }>
}

const document = (await documentOf(service.app)) as unknown as {
  openapi: string
  info: { title: string; version: string }
  tags: { name: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, unknown>; securitySchemes: Record<string, unknown> }
}
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
)

test('every route of the app is in the document, and no other', () => {
  const routes = service.app.routes
    .filter(({ method, path }) => method !== 'ALL' && path !== '/*')
    .map(({ method, path }) => `${method.toLowerCase()} ${path.replace(/:(\w+)/g, '{$1}')}`)
  expect(operations.map(({ path, method }) => `${method} ${path}`).sort()).toEqual(
    [...new Set(routes)].sort(),
  )
  expect(operations.length).toBeGreaterThan(35)
})

test('it has the shape of OpenAPI 3.1: every part that must be there, and no reference into nothing', () => {
  expect(document.openapi).toBe('3.1.0')
  expect(document.info.title).toBe('LogBERT Edge')
  const tags = new Set(document.tags.map(tag => tag.name))
  expect(new Set(operations.map(each => each.operation.operationId)).size).toBe(operations.length)
  for (const { path, method, operation } of operations) {
    const where = `${method} ${path}`
    expect(operation.summary?.length, where).toBeGreaterThan(3)
    expect(tags.has(operation.tags![0]!), where).toBe(true)
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(match => match[1]!)
    const inPath = (operation.parameters ?? []).filter(each => each.in === 'path')
    expect(inPath.map(each => each.name).sort(), where).toEqual(names.sort())
    for (const each of operation.parameters ?? []) expect(each.schema, where).toBeObject()
    expect(
      Object.keys(operation.responses).some(status => status < '300'),
      where,
    ).toBe(true)
    for (const [status, answer] of Object.entries(operation.responses)) {
      expect(status, where).toMatch(/^[2345]\d\d$/)
      expect(answer.description.length, where).toBeGreaterThan(3)
    }
    for (const { schema } of Object.values(operation.requestBody?.content ?? {})) {
      expect(schema, where).toBeObject()
    }
  }
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(match => match[1]!)
  expect(refs.length).toBeGreaterThan(20)
  const known = Object.keys(document.components.schemas)
  for (const ref of new Set(refs)) {
    expect(known).toContain(ref.replace('#/components/schemas/', ''))
  }
})

test('it says who may do what, and which problems may come', () => {
  expect(document.components.securitySchemes).toEqual({
    bearer: { type: 'http', scheme: 'bearer' },
  })
  const open = operations.filter(({ operation }) => operation.security.length === 0)
  expect(open.map(({ path }) => path).sort()).toEqual([
    '/docs',
    '/healthz',
    '/openapi.json',
    '/readyz',
  ])
  const roleOf = (path: string, method: string) =>
    document.paths[path]![method]!.security[0]!.bearer![0]!
  expect(roleOf('/anomalies', 'get')).toBe('viewer')
  expect(roleOf('/logs', 'post')).toBe('operator')
  expect(roleOf('/train', 'post')).toBe('admin')
  const { responses } = document.paths['/suppressions']!.post!
  expect(Object.keys(responses)).toEqual(
    expect.arrayContaining(['201', '400', '401', '403', '413', '415', '422', '429', '500']),
  )
  expect(responses['422']!.content).toHaveProperty('application/problem+json')
})

test('bounds and choices of the schemas that validate are in it', () => {
  const parameters = document.paths['/anomalies']!.get!.parameters!
  expect(parameters.find(({ name }) => name === 'limit')?.schema).toEqual({
    ...{ type: 'integer', minimum: 1, maximum: 1000 },
  })
  const body = document.paths['/anomalies/{id}/feedback']!.post!.requestBody!
  expect(body.content['application/json']!.schema).toMatchObject({
    additionalProperties: false,
    required: ['verdict'],
    properties: { verdict: { enum: ['normal', 'real'] } },
  })
  const train = JSON.stringify(document.paths['/train']!.post!.requestBody)
  for (const name of ['epochs', 'holdout', 'promote', 'bus', 'file']) expect(train).toContain(name)
})

test('the page of it names every route, and holds no script and nothing from elsewhere', async () => {
  const answer = await service.get('/docs')
  const html = await answer.text()
  expect(answer.headers.get('content-type')).toContain('text/html')
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
  for (const { path } of operations) expect(html).toContain(`<code>${path}</code>`)
  expect(html).not.toMatch(/<script|\son\w+=|\sstyle=|https?:/)
  const names = [...html.matchAll(/href="#([^"]+)"/g)].map(match => match[1]!)
  for (const name of new Set(names)) expect(html).toContain(`id="${name}"`)
})
