import type { FailureKind } from '../plan.ts'

/** What a line is about. */
export type LineKind =
  | 'enter'
  | 'leave'
  | 'step'
  | 'branch'
  | 'refusal'
  | 'call'
  | 'called'
  | 'retry'
  | 'call failed'
  | 'degraded'
  | 'breaker'
  | 'slow call'
  | 'busy'
  | 'failed'
  | 'thrown'
  | 'query'
  | 'slow query'
  | 'pool wait'
  | 'pool empty'
  | 'hit'
  | 'miss'
  | 'publish'
  | 'consumed'
  | 'lock wait'
  | 'file'
  | 'disk full'
  | 'job start'
  | 'job end'
  | 'starting'
  | 'ready'
  | 'stopped'
  | 'reloaded'
  | 'gc'
  | 'memory'
  | 'health'
  | 'pool'
  | 'lag'
  | 'cache stats'
  | 'database stats'
  | 'broker stats'
  | 'load'
  | 'refresh'
  | 'removed'

/**
 * One way of wording. `<...>` is filled when the system is made: `<noun> <op> <done> <doing> <peer>
 * <Class> <table> <id> <n> <size> <w>`; `{...}` when the line is written.
 */
export type Manner = Record<LineKind, readonly string[]>

export interface Language {
  manners: readonly Manner[]
  nouns: readonly string[]
  /** Base form, past, and -ing form. */
  verbs: readonly (readonly [string, string, string])[]
  /** What names of services are made of. */
  names: readonly string[]
  /** `<name>` and how a house decorates it. */
  nameForms: readonly string[]
  /** `<name>`, number `<i>` from 0 or `<i1>` from 1, `<hash>`, `<rand>`. */
  instanceForms: readonly string[]
  /** How others write whom they call: `<name>`, `<port>`. */
  peerForms: readonly string[]
  outside: readonly string[]
  outsideForms: readonly string[]
  databases: readonly string[]
  caches: readonly string[]
  brokers: readonly string[]
  classes: readonly string[]
  syllables: readonly string[]
  reasons: readonly Record<FailureKind, string>[]
  words: readonly string[]
}
