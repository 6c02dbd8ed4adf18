import { describe, test } from 'bun:test'
import { join } from 'node:path'
import { anyKafka, withoutKafka } from '../services/kafka/broker.ts'
import { busContract } from './contract.ts'
import { open } from './open-kafka.ts'

const reason = await withoutKafka()
if (reason !== undefined) {
  describe.skip(`Kafka (${reason})`, () => test('the contract of the bus', () => undefined))
} else {
  let server: Awaited<ReturnType<typeof anyKafka>> | undefined
  busContract('Kafka', {
    open,
    module: join(import.meta.dir, 'open-kafka.ts'),
    async create() {
      server = await anyKafka()
      return server.brokers.join(',')
    },
    remove: async () => server?.stop(),
  })
}
