import { join } from 'node:path'
import { createCluster } from '../../kafka/cluster.ts'
import { until } from '../../serve/program.ts'
import type { Place } from '../kafka.ts'
import { hdfsLines, hdfsStream } from '../service/hdfs-stream.ts'
import { learnTo } from '../service/model.ts'
import { memoryOf, metricOf } from '../service/watch.ts'

const PARTITIONS = 6
const count = (value: number): string => Math.round(value).toLocaleString('en')

/** What lies in a topic → read, scored and its anomalies published, by one worker. */
export const throughput = async ({ folder, brokers }: Place, args: string[]): Promise<void> => {
  const total = Math.round(Number(args[0] ?? 2) * 1e6)
  const sizes = args[1] === undefined ? [1000, 1] : [Number(args[1])]
  const log = await hdfsLines()
  const models = join(folder, 'models')
  await learnTo(models, 'default', log.slice(0, 0.4 * log.length), 0)
  for (const size of sizes) {
    const cluster = await createCluster({ brokers, folder, models, model: 'default' })
    const { topics, producer } = cluster
    let messages = 0
    const waiting: string[][] = Array.from({ length: PARTITIONS }, () => [])
    const send = async (partition: number): Promise<void> => {
      const lines = waiting[partition]!.splice(0)
      if (lines.length === 0) return
      const records =
        size === 1
          ? lines.map(value => ({ partition, value, headers: { source: 'hdfs' } }))
          : [{ partition, value: JSON.stringify({ logs: lines, source: 'hdfs' }) }]
      messages += records.length
      await producer.publish(topics.input, records)
    }
    for (const line of hdfsStream(log, total)) {
      const partition = hash(/blk_-?\d+/.exec(line)?.[0] ?? '') % PARTITIONS
      if (waiting[partition]!.push(line) >= Math.max(size, 1000)) await send(partition)
    }
    for (let partition = 0; partition < PARTITIONS; partition++) await send(partition)

    const script = join(import.meta.dir, 'ceiling.ts')
    const bare = Bun.spawn(
      [process.execPath, script, brokers.join(','), topics.input, `${messages}`],
      { stdout: 'pipe' },
    )
    const ceiling = (1000 * total) / Number(await new Response(bare.stdout).text())
    const worker = await cluster.start('worker', {
      LOGBERT__PIPELINE__CHECKPOINTSECONDS: '10',
      LOGBERT__KAFKA__SESSIONTIMEOUTSECONDS: '10',
    })
    const lines = (): Promise<number> => metricOf(worker.url, 'logbert_pipeline_lines_total')
    await until(async () => (await lines()) > 0, 20)
    const [before, begun] = [await lines(), performance.now()]
    await until(async () => (await lines()) >= total, 50)
    const rate = (1000 * (total - before)) / (performance.now() - begun)
    const { now, most } = memoryOf(worker.child.pid)
    const anomalies = new Set((await cluster.anomalies()).map(({ id }) => id)).size
    console.log(
      `${count(total)} lines, ${size} a message: ${count(rate)} lines/s read, scored and published ` +
        `(${anomalies} anomalies); bare consumer ${count(ceiling)} lines/s; ` +
        `RSS ${now.toFixed(0)} MiB at the end, ${most.toFixed(0)} MiB at most`,
    )
    worker.child.kill('SIGTERM')
    await worker.child.exited
    await cluster.close()
  }
}

const hash = (text: string): number => {
  let value = 0
  for (let i = 0; i < text.length; i++) value = (31 * value + text.charCodeAt(i)) >>> 0
  return value
}
