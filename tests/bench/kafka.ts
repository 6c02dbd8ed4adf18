import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { killAll } from '../serve/program.ts'
import { startKafka } from '../services/kafka/broker.ts'
import type { Bench } from './bench.ts'
import { failover } from './kafka/failover.ts'
import { throughput } from './kafka/throughput.ts'

const PARTS: Record<string, (place: Place, args: string[]) => Promise<void>> = {
  throughput,
  failover,
}

/** Where a part works. */
export interface Place {
  folder: string
  brokers: string[]
}

export const bench: Bench = {
  name: 'kafka',
  about:
    'workers on Kafka, the broker on the same machine: throughput [million lines] [lines a message], ' +
    'failover [kills]',
  async run([part, ...args]) {
    const wanted = part === undefined ? Object.keys(PARTS) : [part]
    const folder = mkdtempSync(join(tmpdir(), 'logbert-bench-'))
    const server = await startKafka()
    try {
      for (const name of wanted) await PARTS[name]!({ folder, brokers: server.brokers }, args)
    } finally {
      killAll()
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  },
}
