import { expect, test } from 'bun:test'
import { connect } from 'node:net'
import { TOPICS } from '../../src/bus/bus.ts'
import { serve, until } from './server.ts'

const { service, port } = await serve()

const refused = () => service.metric('logbert_refused_total{reason="body_cut"}')

/** Sends the beginning of a request and goes away without a word, once the server has it. */
const sendPart = async (head: string, part: string, how: 'end' | 'destroy'): Promise<void> => {
  const before = await refused()
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  await new Promise<void>(resolve => socket.on('connect', resolve))
  socket.write(`${head}\r\nHost: 127.0.0.1\r\n${part}`)
  await until(() => socket.bytesWritten > 0 && socket.writableLength === 0)
  await Bun.sleep(20)
  socket[how]()
  await until(async () => (await refused()) > before)
}

test('a request that is cut half-way takes nothing: no lines, no job', async () => {
  const lines = 'boom 1\nboom 2\nboo'
  for (const how of ['end', 'destroy'] as const) {
    await sendPart('POST /logs HTTP/1.1', `Content-Length: 1000\r\n\r\n${lines}`, how)
    const chunk = `${lines.length.toString(16)}\r\n${lines}\r\n`
    await sendPart('POST /logs HTTP/1.1', `Transfer-Encoding: chunked\r\n\r\n${chunk}`, how)
    const json = 'Content-Type: application/json\r\n'
    await sendPart('POST /rca HTTP/1.1', `${json}Content-Length: 1000\r\n\r\n{"logs":["a`, how)
    const text = 'Content-Type: text/plain\r\n'
    await sendPart('POST /train HTTP/1.1', `${text}Content-Length: 1000\r\n\r\n${lines}`, how)
  }
  expect((await service.bus.lag(TOPICS.input, service.deps.group))[0]!.end).toBe(0)
  expect(service.asked).toEqual([])
  expect(service.db.reports.list({}).items).toEqual([])
  expect(await service.metric('logbert_lines_total')).toBe(0)
}, 20_000)
