import { join } from 'node:path'
import { createCluster } from '../../kafka/cluster.ts'
import { until } from '../../serve/program.ts'
import type { Place } from '../kafka.ts'
import { hdfsLines, hdfsStream } from '../service/hdfs-stream.ts'
import { learnTo } from '../service/model.ts'
import { quantile } from '../service/watch.ts'

/** From `kill -9` of one of two workers until the other has dealt with what came after it. */
export const failover = async ({ folder, brokers }: Place, args: string[]): Promise<void> => {
  const kills = Number(args[0] ?? 5)
  const log = await hdfsLines()
  const models = join(folder, 'models-failover')
  await learnTo(models, 'default', log.slice(0, 0.4 * log.length), 0)
  for (const timeout of ['10', '2']) {
    const cluster = await createCluster({ brokers, folder, models, model: 'default' })
    const start = () => cluster.start('worker', { LOGBERT__KAFKA__SESSIONTIMEOUTSECONDS: timeout })
    const lines = hdfsStream(log, 1e6)
    const publish = async (): Promise<void> => {
      const records = Array.from({ length: 2000 }, () => {
        const value = lines.next().value as string
        return { key: /blk_-?\d+/.exec(value)?.[0] ?? null, value, headers: { source: 'hdfs' } }
      })
      await cluster.producer.publish(cluster.topics.input, records)
    }
    const settled = (): Promise<void> => until(async () => (await cluster.lag()) === 0, 20)
    let [one, other] = [await start(), await start()]
    const times: number[] = []
    for (let kill = 0; kill < kills; kill++) {
      await publish()
      await settled()
      one.child.kill('SIGKILL')
      const begun = performance.now()
      await publish()
      await settled()
      times.push((performance.now() - begun) / 1000)
      ;[one, other] = [other, await start()]
    }
    console.log(
      `kill -9 of one of two workers, sessionTimeoutSeconds ${timeout}, checkpoints each second: ` +
        `its partitions are dealt with again after ${quantile(times, 0.5).toFixed(1)} s ` +
        `(${Math.max(...times).toFixed(1)} s at most, of ${kills})`,
    )
    for (const { child } of [one, other]) child.kill('SIGKILL')
    await cluster.close()
  }
}
