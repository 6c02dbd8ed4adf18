import { expect, test } from 'bun:test'
import { createSseParser } from '../../src/ui/sse.ts'

const stream =
  'retry: 1000\n\nid: 7\nevent: anomaly\ndata: {"text":"a: b"}\n\n: still here\n\n' +
  'event: stats\ndata: 1\ndata: 2\nodd\n\ndata:x\n\n'

const events = [
  { id: '7', type: 'anomaly', data: '{"text":"a: b"}' },
  { type: 'stats', data: '1\n2' },
  { type: 'message', data: 'x' },
]

test('events come out whole, wherever the stream is cut', () => {
  for (let size = 1; size <= stream.length; size++) {
    const parse = createSseParser()
    const found = []
    for (let at = 0; at < stream.length; at += size)
      found.push(...parse(stream.slice(at, at + size)))
    expect(found).toEqual(events)
  }
})
