import type { Bus } from '../../src/bus/bus.ts'
import { messageOf } from './messages.ts'

/**
 * A child process that publishes batches one after the other and prints the number of each that is
 * acknowledged: publisher.ts MODULE PLACE TOPIC NAME BATCHES SIZE
 */
const [module, place, topic, name, batches, size] = process.argv.slice(2) as string[]
const { open } = (await import(module!)) as { open(place: string): Promise<Bus> }
const bus = await open(place!)
for (let batch = 0; batch < Number(batches); batch++) {
  const messages = Array.from({ length: Number(size) }, (_, i) => messageOf(name!, batch, i))
  await bus.publish(topic!, messages)
  process.stdout.write(`${batch}\n`)
}
await bus.close()
