import { expect, test } from 'bun:test'
import { openService, pointers, refusal } from './service.ts'

const service = await openService()
const { get, post, patch, json, db, pipeline } = service
await post('/logs', 'boom 1\nboom 2\nfine\nuser 3 left 4\nuser 3 came', 'text/plain')
await pipeline.run()

interface Row {
  id: number
  text: string
  name?: string
}
const list = async (query = ''): Promise<Row[]> =>
  (await json(get(`/templates${query}`), 'get', '/templates')).items

test('templates are listed by id, searched, and come a page at a time', async () => {
  expect(await list()).toMatchObject([
    { id: 1, text: 'boom <*>', known: true, lines: 2 },
    { id: 2, text: 'fine', known: false, lines: 1 },
    { id: 3, text: 'user <*> left <*>' },
    { id: 4, text: 'user <*> came' },
  ])
  expect((await list('?search=USER')).map(({ id }) => id)).toEqual([3, 4])
  expect((await list('?known=true')).map(({ id }) => id)).toEqual([1])
  const first = await json(get('/templates?limit=3'), 'get', '/templates')
  const rest = await json(get(`/templates?limit=3&cursor=${first.next}`), 'get', '/templates')
  expect([...first.items, ...rest.items].map(({ id }: Row) => id)).toEqual([1, 2, 3, 4])
  expect(rest.next).toBeNull()
})

test('a name and a comment are kept, one by one, until they are taken back', async () => {
  const refreshed = pipeline.refreshed
  const named = await json(patch('/templates/2', { name: 'ok' }), 'patch', '/templates/{id}')
  expect(named).toMatchObject({ id: 2, name: 'ok' })
  await json(patch('/templates/2', { comment: 'harmless' }), 'patch', '/templates/{id}')
  expect((await list('?search=HARM'))[0]).toMatchObject({ name: 'ok', comment: 'harmless' })
  expect(db.templateEdits.all().length).toBe(1)
  expect(pipeline.refreshed).toBe(refreshed + 2)
  const bare = await json(patch('/templates/2', { name: null }), 'patch', '/templates/{id}')
  expect(bare).not.toHaveProperty('name')
  expect((await refusal(patch('/templates/99', { name: 'x' }))).status).toBe(404)
  expect((await refusal(patch('/templates/two', { name: 'x' }))).status).toBe(400)
  expect(pointers(await refusal(patch('/templates/2', {})))).toEqual([''])
  expect(pointers(await refusal(patch('/templates/2', { name: '' })))).toEqual(['/name'])
})

test('templates are merged and split, and each edit can be undone', async () => {
  const merged = await json(
    post('/templates/merge', { templates: [3, 4], into: 4 }),
    ...(['post', '/templates/merge', 201] as const),
  )
  expect(merged).toMatchObject({
    kind: 'merge',
    templates: ['user <*> came', 'user <*> left <*>'],
    value: { into: 'user <*> came' },
  })
  const split = { template: 3, position: 1 }
  await json(post('/templates/split', split), 'post', '/templates/split', 201)
  const faults = async (path: string, body: unknown) => pointers(await refusal(post(path, body)))
  expect(await faults('/templates/merge', { templates: [3, 77, 78] })).toEqual([
    ...['/templates/1', '/templates/2'],
  ])
  expect(await faults('/templates/merge', { templates: [3] })).toEqual(['/templates'])
  expect(await faults('/templates/merge', { templates: [3, 3] })).toEqual(['/templates'])
  expect(await faults('/templates/merge', { templates: [3, 4], into: 1 })).toEqual(['/into'])
  expect(await faults('/templates/split', { template: 3, position: 2 })).toEqual(['/position'])
  expect(await faults('/templates/split', { template: 9, position: 0 })).toEqual(['/template'])
  const edits = await json(get('/templates/edits'), 'get', '/templates/edits')
  expect(edits.items.map(({ kind }: { kind: string }) => kind).sort()).toEqual([
    ...['merge', 'name', 'split'],
  ])
  const path = `/templates/edits/${merged.id}`
  await json(service.delete(path), 'delete', '/templates/edits/{id}')
  expect((await refusal(service.delete(path))).status).toBe(404)
  expect(db.templateEdits.all().some(({ kind }) => kind === 'merge')).toBe(false)
})
