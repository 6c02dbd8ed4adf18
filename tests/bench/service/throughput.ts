import { join } from 'node:path'
import { openDatabase } from '../../../src/db/open.ts'
import { startProgram, until } from '../../serve/program.ts'
import { bodiesOf, hdfsLines, hdfsStream } from './hdfs-stream.ts'
import { learnTo } from './model.ts'
import { memoryOf, metricOf } from './watch.ts'

const BATCH = 2_000
/** One at a time keeps the order of lines, as a log shipper does. */
const IN_FLIGHT = 1

/** Lines over HTTP until the last anomaly of them is stored; sender and server share the machine. */
export const throughput = async (folder: string, args: string[]): Promise<void> => {
  const millions = Number(args[0] ?? 2)
  const epochs = Number(args[1] ?? 15)
  const log = await hdfsLines()
  const models = join(folder, 'models')
  await learnTo(models, 'default', log.slice(0, 0.4 * log.length), epochs)
  const data = join(folder, 'data')
  const program = await startProgram({ data, models })
  const total = Math.round(millions * 1e6)
  let least = Number.POSITIVE_INFINITY
  const begun = performance.now()
  const source = hdfsStream(log, total)
  let sent = 0
  const waiting = new Set<Promise<void>>()
  const post = async (body: Uint8Array<ArrayBuffer>, lines: number): Promise<void> => {
    for (;;) {
      const answer = await fetch(`${program.url}/logs?source=hdfs`, {
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
        body,
      })
      await answer.text()
      if (answer.status === 202) break
      await Bun.sleep(100)
    }
    sent += lines
  }
  let mark = { sent: 0, at: begun }
  for (let more = true; more; ) {
    const lines: string[] = []
    for (let i = 0; i < BATCH; i++) {
      const { value, done } = source.next()
      if (done) {
        more = false
        break
      }
      lines.push(value)
    }
    const [body] = bodiesOf(lines, BATCH)
    if (body === undefined) break
    const done = post(body, lines.length)
    waiting.add(done)
    void done.then(() => waiting.delete(done))
    if (waiting.size >= IN_FLIGHT) await Promise.race(waiting)
    if (sent - mark.sent >= 200_000) {
      const now = performance.now()
      least = Math.min(least, (1000 * (sent - mark.sent)) / (now - mark.at))
      mark = { sent, at: now }
    }
  }
  await Promise.all(waiting)
  const accepted = performance.now()
  await until(async () => (await metricOf(program.url, 'logbert_queued_lines')) === 0, 20)
  await until(
    async () => (await metricOf(program.url, 'logbert_pipeline_lines_total')) >= total,
    20,
  )
  const ended = performance.now()
  const { now, most } = memoryOf(program.child.pid)
  const db = openDatabase(join(data, 'logbert.db'))
  const anomalies = db.anomalies.count({})
  const incidents = db.incidents.list({ limit: 1000 }).items.length
  db.close()
  const rate = (from: number, to: number): string =>
    Math.round((1000 * total) / (to - from)).toLocaleString('en')
  console.log(
    `HTTP → stored anomaly, ${total.toLocaleString('en')} lines of HDFS, ${epochs} epochs: ` +
      `${rate(begun, ended)} lines/s (accepted at ${rate(begun, accepted)}, slowest 200,000 accepted ` +
      `at ${Math.round(least).toLocaleString('en')}), ${anomalies} anomalies in ${incidents} incidents, ` +
      `RSS ${now.toFixed(0)} MiB at the end, ${most.toFixed(0)} MiB at most`,
  )
  program.child.kill('SIGTERM')
  await program.child.exited
}
