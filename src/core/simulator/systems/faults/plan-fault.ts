import { createRandom } from '../../random.ts'
import type { System } from '../plan.ts'
import type { World } from '../run/world.ts'
import { earlyReturn, exception } from './code.ts'
import { configuration, wrongCredentials } from './configuration.ts'
import {
  brokerOutage,
  cacheOutage,
  databaseOutage,
  lockContention,
  outsideFailure,
  poolExhausted,
  slowStatement,
  stuckConsumer,
} from './data.ts'
import { badDeployment } from './deployment.ts'
import { affectedBy, type FaultKind, type FaultMaker, type Truth } from './fault.ts'
import { cpu, crash, hang, silence } from './machine.ts'
import { networkDelay, packetLoss } from './network.ts'
import { diskFull, memoryLeak } from './resources.ts'

const MAKERS: Record<FaultKind, FaultMaker> = {
  'early return': earlyReturn,
  exception,
  cpu,
  'network delay': networkDelay,
  'packet loss': packetLoss,
  crash,
  'cache outage': cacheOutage,
  'lock contention': lockContention,
  'slow statement': slowStatement,
  'outside failure': outsideFailure,
  'stuck consumer': stuckConsumer,
  'bad deployment': badDeployment,
  'memory leak': memoryLeak,
  configuration,
  silence,
  hang,
  'disk full': diskFull,
  'pool exhausted': poolExhausted,
  'database outage': databaseOutage,
  'broker outage': brokerOutage,
  'wrong credentials': wrongCredentials,
}

export const SYSTEM_FAULTS = Object.keys(MAKERS) as FaultKind[]

/** Requests that a fault must meet while it lasts, for anybody to see it. */
const LEAST_REQUESTS = 25

export interface PlannedFault {
  truth: Truth
  /** Makes it happen in a run that begins before it. */
  prepare(world: World): void
}

/** A fault of this kind in a place of the system that the seed draws; none where it has no place. */
export const planSystemFault = (
  system: System,
  { kind, seed, from, to }: { kind: FaultKind; seed: number; from: number; to: number },
): PlannedFault | undefined => {
  const random = createRandom(seed).fork(5)
  const expected = { least: (1000 * LEAST_REQUESTS) / (to - from), ms: to - from }
  const fault = MAKERS[kind](system, random, expected)
  if (fault === undefined) return undefined
  const { service, instance, about, alike = [] } = fault
  return {
    truth: {
      ...{ kind, service, ...(instance !== undefined && { instance }) },
      ...{ from, to, about, alike, affected: affectedBy(system, service) },
    },
    prepare: world => {
      const { clock } = world
      clock.after(from - clock.now, () => fault.begin(world))
      clock.after(to - clock.now, () => fault.end(world))
    },
  }
}
