import type { Level } from '../../../types.ts'
import type { Random } from '../../random.ts'
import type { FailureKind, Operation, Service, System } from '../plan.ts'
import type { Clock } from './clock.ts'
import type { Places } from './places.ts'

/** A line with what is known about it. */
export interface SystemLine {
  /** Time that the line bears: the clock of its host. Epoch ms with fractions. */
  at: number
  /** When the collector handed it over. */
  arrived: number
  service: string
  instance: string
  level: Level
  /** Message with `<*>` for every value. */
  template: string
  /** Message as written. */
  text: string
  params: string[]
  trace?: string
  span?: string
}

export interface Host {
  name: string
  /** Its clock is that much ahead, ms. */
  offset: number
  /** Its collector sends this often, ms. */
  shipMs: number
}

export interface Breaker {
  failures: number
  openUntil: number
}

export interface Instance {
  service: Service
  name: string
  host: Host
  workers: Places
  /** Connections to each database. */
  pools: Map<string, Places>
  operations: Record<string, Operation>
  version: string
  /** Work takes this many times as long. */
  cpu: number
  /** So does an ordinary bad moment. */
  hiccup: number
  /** Stands still until then. */
  pausedUntil: number
  down: boolean
  /** Down without an answer: callers wait for nothing. */
  unreachable: boolean
  /** Known to callers. */
  listed: boolean
  /** Counts restarts: work of an earlier life is lost. */
  life: number
  /** Its lines do not get out. */
  mute: boolean
  diskFull: boolean
  /** Takes nothing from its queues. */
  stuck: boolean
  heap: { used: number; live: number }
  breakers: Map<string, Breaker>
}

/** What a request carries along. */
export interface Context {
  trace?: string
  span: string
  entities: Map<string, string>
}

/** Trouble between two instances; what fits first counts. */
export interface LinkTrouble {
  fits(from: Instance | undefined, to: Instance): boolean
  delayMs: number
  /** Share of the packets that are lost and sent again. */
  loss: number
}

export interface Message {
  context: Context
  sent: number
}

export interface Queue {
  messages: Message[]
  waiting: ((value: unknown) => void)[]
}

export interface World {
  system: System
  clock: Clock
  random: Random
  /** When requests come, and which: the same with a fault and without. */
  arrivals: Random
  instances: Map<string, Instance[]>
  queues: Map<string, Queue>
  locks: Map<string, Places>
  links: LinkTrouble[]
  lines: SystemLine[]
  /** The topics that each service takes from. */
  lag(instance: Instance): number
}

export type Outcome = 'ok' | FailureKind

export const instancesOf = (world: World, service: string): Instance[] =>
  world.instances.get(service) ?? []
