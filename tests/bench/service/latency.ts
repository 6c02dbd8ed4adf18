import { join } from 'node:path'
import { parseConfig } from '../../../src/config.ts'
import { loadBundle } from '../../../src/core/store/bundle.ts'
import { folderStore } from '../../../src/platform/files.ts'
import { localEngine } from '../../../src/serve/local-engine.ts'
import { startProgram, until } from '../../serve/program.ts'
import { bodiesOf, hdfsLines, hdfsStream } from './hdfs-stream.ts'
import { learnTo } from './model.ts'
import { metricOf, quantile, type SeenEvent, watchEvents } from './watch.ts'

const BATCH = 500
const SECONDS = 60

/**
 * From sending the line that completes an odd session to its event at a client, at a steady rate.
 * Which line completes which session is known from the same stream fed line by line beforehand.
 */
export const latency = async (folder: string, args: string[]): Promise<void> => {
  const rate = Number(args[0] ?? 20_000)
  const log = await hdfsLines()
  const models = join(folder, 'models')
  await learnTo(models, 'default', log.slice(0, 0.4 * log.length), Number(args[1] ?? 3))
  const lines = [...hdfsStream(log, rate * SECONDS)]
  const completes = await completedAt(models, lines)
  const program = await startProgram({
    data: join(folder, 'data'),
    models,
    env: { LOGBERT__SESSION__QUIETSECONDS: '600000' },
  })
  const seen = new Map<string, number>()
  const stop = await watchEvents(`${program.url}/events`, ({ type, data, at }: SeenEvent) => {
    if (type === 'anomaly') seen.set(JSON.parse(data).id, at)
  })
  const bodies = bodiesOf(lines, BATCH)
  const sentAt: number[] = []
  const begun = performance.now()
  for (const [i, body] of bodies.entries()) {
    const due = begun + (1000 * BATCH * i) / rate
    while (performance.now() < due) await Bun.sleep(1)
    sentAt.push(performance.now())
    const answer = await fetch(`${program.url}/logs?source=hdfs`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body,
    })
    if (answer.status !== 202) throw new Error(await answer.text())
  }
  const took = (performance.now() - begun) / 1000
  await until(async () => (await metricOf(program.url, 'logbert_queued_lines')) === 0, 20)
  await Bun.sleep(500)
  stop()
  const late = [...completes].flatMap(([id, line]) => {
    const at = seen.get(id)
    return at === undefined ? [] : [at - sentAt[Math.floor(line / BATCH)]!]
  })
  console.log(
    `latency at ${Math.round(lines.length / took).toLocaleString('en')} lines/s, from sending the ` +
      `line that completes an odd session to its event: p50 ${quantile(late, 0.5).toFixed(0)} ms, ` +
      `p99 ${quantile(late, 0.99).toFixed(0)} ms, most ${Math.max(...late).toFixed(0)} ms ` +
      `(${late.length} of ${completes.size} anomalies seen)`,
  )
}

const completedAt = async (
  models: string,
  lines: readonly string[],
): Promise<Map<string, number>> => {
  const { session } = parseConfig()
  const stream = await localEngine().stream(await loadBundle(folderStore(models), 'default'), {
    latenessMs: 1000 * session.latenessSeconds,
    maxOpen: session.maxOpen,
    backend: 'wasm',
    fetch: async positions => positions.map(() => undefined),
  })
  const completes = new Map<string, number>()
  for (const [position, text] of lines.entries()) {
    const { anomalies } = await stream.feed([{ text, source: 'hdfs', arrived: 0, position }])
    for (const { id } of anomalies) completes.set(id, position)
  }
  return completes
}
