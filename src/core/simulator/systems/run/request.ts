import { spanId, visit } from './call.ts'
import type { Process } from './clock.ts'
import type { Context, World } from './world.ts'

export const requestId = ({ system: { house }, random }: World): string =>
  random.text(house.idLength, house.idAlphabet)

/** Requests per ms at a time: it rises and falls with the day. */
const rateAt = ({ system }: World, at: number): number =>
  (system.rate / 1000) * (1 + system.swing * Math.sin((2 * Math.PI * at) / system.cycleMs))

/** Requests from outside, one after the other. */
export const arrive = function* (world: World): Process<void> {
  const { clock, arrivals, system } = world
  for (;;) {
    yield arrivals.exponential(1 / rateAt(world, clock.now))
    let drawn = arrivals.next()
    const flow = system.flows.find(({ share }) => {
      drawn -= share
      return drawn < 0
    })
    const { service, op } = flow ?? system.flows[0]!
    const context: Context = {
      trace: requestId(world),
      span: spanId(world),
      entities: new Map(),
    }
    clock.start(visit(world, undefined, service, op, context))
  }
}
