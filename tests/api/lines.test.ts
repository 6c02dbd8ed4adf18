import { expect, test } from 'bun:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import * as v from 'valibot'
import { itemLines } from '../../src/api/log-items.ts'
import { logItem } from '../../src/api/schemas/lines.ts'
import { TOPICS } from '../../src/bus/bus.ts'
import { openService, pointers, refusal, type Service } from './service.ts'

const service = await openService({
  limits: { maxBodyBytes: 4096, maxBatchLines: 50, maxLine: 100 },
})
const { post } = service

/** Texts and sources on the bus, all of them. */
const onBus = async ({ bus }: Service = service): Promise<{ text: string; source: string }[]> => {
  const all = []
  for await (const { messages } of bus.read(TOPICS.input, { partition: 0 })) all.push(...messages)
  return all.map(({ text, source }) => ({ text, source }))
}

/** What a request adds to the bus; the answer must be 202. */
const added = async (path: string, body: unknown, type: string): Promise<string[]> => {
  const before = (await onBus()).length
  const { accepted } = await service.json(post(path, body, type), 'post', '/logs', 202)
  const lines = (await onBus()).slice(before)
  expect(accepted).toBe(lines.length)
  return lines.map(({ text, source }) => `${source}: ${text}`)
}

test('lines come as text, NDJSON, a JSON array or an object', async () => {
  expect(await added('/logs?source=web', 'one\r\ntwo\n\nthree\n', 'text/plain')).toEqual([
    ...['web: one', 'web: two', 'web: ', 'web: three'],
  ])
  const ndjson = '"quoted"\n\n{"message":"a\\nb","source":"db"}\n'
  expect(await added('/logs', ndjson, 'application/x-ndjson')).toEqual([
    ...['http: quoted', 'db: a', 'db: b'],
  ])
  const items = ['plain', { log: 'l', timestamp: '2026-01-05T08:00:00Z', attributes: { a: 1 } }]
  expect(await added('/logs', items, 'application/json; charset=utf-8')).toEqual([
    ...['http: plain', 'http: l'],
  ])
  expect(await added('/logs', { logs: ['x'] }, 'application/json')).toEqual(['http: x'])
  const batches = await Array.fromAsync(service.bus.read(TOPICS.input, { partition: 0 }))
  const stamped = batches.flatMap(({ messages }) => messages).find(({ text }) => text === 'l')
  expect(stamped?.arrived).toBe(Date.UTC(2026, 0, 5, 8))
})

test('empty batches are taken as nothing', async () => {
  expect(await added('/logs', '', 'text/plain')).toEqual([])
  expect(await added('/logs', '', 'application/x-ndjson')).toEqual([])
  expect(await added('/logs', [], 'application/json')).toEqual([])
  expect(await added('/logs', { logs: [] }, 'application/json')).toEqual([])
})

test('packed bodies are unpacked', async () => {
  for (const [encoding, pack] of [
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ] as const) {
    const twice = Buffer.concat([pack('one\n'), pack('two')])
    const answer = await service.app.request('/logs', {
      method: 'POST',
      headers: { 'content-encoding': encoding, 'content-type': 'text/plain' },
      body: twice,
    })
    expect(await answer.json()).toEqual({ accepted: 2 })
  }
})

test('a bomb is stopped at the limit, and packed data that is damaged, cut or of another kind is refused', async () => {
  const before = (await onBus()).length
  const packed = (encoding: string, body: Uint8Array) =>
    refusal(
      service.app.request('/logs', {
        method: 'POST',
        headers: { 'content-encoding': encoding, 'content-type': 'text/plain' },
        body: body as Uint8Array<ArrayBuffer>,
      }),
    )
  const bomb = Buffer.alloc(1 << 21)
  for (const [encoding, pack] of [
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ] as const) {
    const small = pack(bomb)
    expect(small.length).toBeLessThan(4096)
    expect((await packed(encoding, small)).status).toBe(413)
    const whole = pack(Array.from({ length: 40 }, (_, i) => `line ${i * i}`).join('\n'))
    for (let end = 1; end < whole.length; end += 7) {
      expect((await packed(encoding, whole.subarray(0, end))).status, `${end}`).toBe(400)
    }
    const two = Buffer.concat([pack('whole\n'), whole.subarray(0, whole.length - 2)])
    expect((await packed(encoding, two)).status).toBe(400)
    expect((await packed(encoding, Buffer.from('no such thing'))).status).toBe(400)
  }
  expect((await packed('br', Buffer.from('x'))).status).toBe(415)
  expect((await onBus()).length).toBe(before)
})

test('bytes that are no UTF-8 are replaced and counted in text, and refused in JSON', async () => {
  const count = await service.metric('logbert_invalid_utf8_lines_total')
  const bytes = Buffer.from([0x66, 0xff, 0x0a, 0x6f, 0x6b, 0x0a, 0xc3, 0x28])
  expect(await added('/logs', bytes, 'text/plain')).toEqual([
    'http: f\ufffd',
    'http: ok',
    'http: \ufffd(',
  ])
  expect(await service.metric('logbert_invalid_utf8_lines_total')).toBe(count + 2)
  const quoted = Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d])
  for (const type of ['application/json', 'application/x-ndjson']) {
    expect((await refusal(post('/logs', quoted, type))).detail).toContain('no UTF-8')
  }
})

test('NULs are data, and lines beyond the longest length are cut and counted', async () => {
  expect(await added('/logs', 'a\0b\n\0', 'text/plain')).toEqual(['http: a\0b', 'http: \0'])
  const count = await service.metric('logbert_cut_lines_total')
  const long = 'x'.repeat(150)
  const texts = await added('/logs', `${long}\nshort\n${long}`, 'text/plain')
  expect(texts.map(text => text.length - 'http: '.length)).toEqual([100, 5, 100])
  expect((await added('/logs', [long], 'application/json'))[0]!.length).toBe(106)
  expect(await service.metric('logbert_cut_lines_total')).toBe(count + 3)
})

test('what is too large is refused as a whole and counted by reason', async () => {
  const before = (await onBus()).length
  expect((await refusal(post('/logs', 'x'.repeat(5000), 'text/plain'))).status).toBe(413)
  expect((await refusal(post('/logs', '\n'.repeat(60), 'text/plain'))).status).toBe(413)
  const many = Array.from({ length: 60 }, () => 'a')
  expect((await refusal(post('/logs', many))).status).toBe(413)
  const stream = new ReadableStream({
    pull: controller => controller.enqueue(new Uint8Array(2000).fill(97)),
  })
  const endless = service.app.request('/logs', { method: 'POST', body: stream } as RequestInit)
  expect((await refusal(endless)).status).toBe(413)
  expect((await onBus()).length).toBe(before)
  expect(await service.metric('logbert_refused_total{reason="body_too_large"}')).toBeGreaterThan(1)
  expect(await service.metric('logbert_refused_total{reason="too_many_lines"}')).toBe(2)
})

test('requests with faults name each of them, and nothing is taken', async () => {
  const before = (await onBus()).length
  const faulty: [unknown, string[]][] = [
    [
      ['a', 3, { message: 4 }, null, ['b']],
      ['/1', '/2', '/3', '/4'],
    ],
    [{ logs: ['a', { message: 'x', level: 'info' }] }, ['/logs/1/level']],
    [
      {
        logs: [
          { message: 'x', timestamp: 'soon' },
          { log: 'x', source: '' },
        ],
      },
      [...['/logs/0/timestamp', '/logs/1/source']],
    ],
    [
      [
        { message: 'x', log: 'y' },
        { message: 'x', attributes: 3, timestamp: 1e99 },
      ],
      [...['/0', '/1/attributes']],
    ],
    [{}, ['/logs']],
    [{ logs: 'a', more: 1 }, ['/logs', '/more']],
    ['"text"', ['/logs']],
    ['null', ['/logs']],
  ]
  for (const [body, expected] of faulty) {
    const problem = await refusal(post('/logs', body))
    expect(problem.status).toBe(422)
    expect(pointers(problem)).toEqual(expected)
  }
  const lines = await refusal(post('/logs', '{"message":"a"}\n{\nnope\n', 'application/jsonl'))
  expect(lines.status).toBe(400)
  expect(pointers(lines)).toEqual(['/1', '/2'])
  expect((await refusal(post('/logs', '["a"'))).detail).toContain('no JSON')
  expect((await refusal(post('/logs', 'a=b', 'application/x-www-form-urlencoded'))).status).toBe(
    415,
  )
  const query = await refusal(post('/logs?sourse=web&source=', 'a', 'text/plain'))
  expect(query.status).toBe(400)
  expect(pointers(query)).toEqual(['/source', '/sourse'])
  const twice = await refusal(post('/logs?source=a&source=b', 'a', 'text/plain'))
  expect(pointers(twice)).toEqual(['/source'])
  expect((await onBus()).length).toBe(before)
})

test('items that are checked by hand are checked as the schema in the document says', () => {
  const limits = { maxBatchLines: 10, maxLine: 100 }
  const items: unknown[] = [
    ...['text', 3, null, [], {}, { message: 'a' }, { log: 'a' }, { message: 3 }, { other: 'a' }],
    ...[
      { message: 'a', source: 's' },
      { message: 'a', source: 3 },
      { message: 'a', more: 1 },
    ],
    ...[
      { message: 'a', timestamp: 5 },
      { message: 'a', timestamp: '2026-01-01' },
    ],
    ...[
      { message: 'a', timestamp: true },
      { message: 'a', source: 'x'.repeat(300) },
    ],
    ...[
      { message: 'a', attributes: { x: 1 } },
      { message: 'a', attributes: 'x' },
    ],
  ]
  const takes = (item: unknown): boolean => {
    try {
      return itemLines([item], '', 's', 0, limits).messages.length > 0
    } catch {
      return false
    }
  }
  // Said in words only: that it is no array, and one of `message` and `log` must be there.
  const words = new Set<unknown>([items[3], items[4]])
  for (const item of items.filter(each => !words.has(each))) {
    expect([item, takes(item)]).toEqual([item, v.is(logItem, item)])
  }
})

test('a full bus takes nothing of a request and says when to come again', async () => {
  const small = await openService({ bus: { maxBacklog: { messages: 5, bytes: 1 << 20 } } })
  expect((await small.post('/logs', 'boom 1\nb\nc', 'text/plain')).status).toBe(202)
  const answer = await small.post('/logs', 'd\ne\nf\ng', 'text/plain')
  expect(answer.headers.get('retry-after')).toBe('1')
  expect((await refusal(answer)).status).toBe(503)
  expect(await small.metric('logbert_refused_lines_total{reason="bus_full"}')).toBe(4)
  expect((await onBus(small)).map(({ text }) => text)).toEqual(['boom 1', 'b', 'c'])
  await small.pipeline.run()
  expect((await small.post('/logs', 'd\ne\nf\ng', 'text/plain')).status).toBe(202)
  expect((await onBus(small)).length).toBe(7)
})

test('infer_batch scores lines by themselves and stores nothing', async () => {
  const logs = ['fine', { message: 'boom here', source: 'db' }]
  const found = await service.json(post('/infer_batch', { logs }), 'post', '/infer_batch')
  expect(found).toMatchObject({ lines: 2, anomalies: [{ source: 'db', lines: [{ line: 2 }] }] })
  expect(service.db.anomalies.count({})).toBe(0)
  const faulty = await refusal(post('/infer_batch', { logs: ['a', 3], more: true }))
  expect(pointers(faulty)).toEqual(['/more'])
  expect(pointers(await refusal(post('/infer_batch', { logs: ['a', 3] })))).toEqual(['/logs/1'])
  expect((await refusal(post('/infer_batch', 'logs', 'text/plain'))).status).toBe(415)
  expect(pointers(await refusal(post('/infer_batch', ['a'])))).toEqual([''])
  expect(pointers(await refusal(post('/infer_batch')))).toEqual([''])
  service.pipeline.version = undefined
  const none = await refusal(post('/infer_batch', { logs: ['a'] }))
  expect([none.status, none.detail]).toEqual([503, expect.stringContaining('POST /train')])
  service.pipeline.version = service.models.latest
})
