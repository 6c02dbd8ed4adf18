import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KafkaRecord } from '../../src/bus/kafka/producer.ts'
import { readData } from '../data.ts'

const FILE = 'hdfs_2pct/HDFS_2pct.log.gz'

/** Lines of HDFS, keyed by block as a log shipper would. */
export const hdfsRecords = async (from: number, to: number): Promise<KafkaRecord[]> => {
  const lines = (await readData(FILE)).split('\n').slice(from, to)
  return lines.map(line => ({
    key: /blk_-?\d+/.exec(line)?.[0] ?? null,
    value: line,
    headers: { source: 'hdfs' },
  }))
}

/** Trains on the first lines, without the network. @returns the folder of models; its one is `hdfs` */
export const hdfsModel = async (folder: string, lines: number): Promise<string> => {
  const file = join(folder, 'train.log')
  const models = join(folder, 'models')
  await writeFile(file, (await readData(FILE)).split('\n').slice(0, lines).join('\n'))
  const cli = join(import.meta.dir, '../../src/cli.ts')
  const args = ['train', file, '--models', models, '--name', 'hdfs', '--epochs', '0']
  const child = Bun.spawn([process.execPath, cli, ...args, '--source', 'hdfs'], {
    ...{ stdin: 'ignore', stdout: 'ignore', stderr: 'pipe' },
  })
  if ((await child.exited) !== 0) throw new Error(await new Response(child.stderr).text())
  return models
}
