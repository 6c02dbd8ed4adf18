import type { Random } from '../../random.ts'
import type { Family } from '../family.ts'
import type { Call, CallWords, Operation, Service, System } from '../plan.ts'
import type { Language } from '../words/language.ts'
import type { Voice } from './voice.ts'

/** A system while it is being drawn. */
export interface Draft {
  random: Random
  family: Family
  system: System
  voices: Map<string, Voice>
  /** Operations that nobody calls yet. */
  uncalled: Set<string>
  calls: number
}

export const operationKey = (service: string, op: string): string => `${service} ${op}`

export const findOperation =
  ({ system }: Draft) =>
  (service: string, op: string): Operation => {
    const found = system.services.find(({ name }) => name === service)?.operations[op]
    if (found === undefined) throw new RangeError(`the draft has no operation ${service}.${op}`)
    return found
  }

const TIMEOUTS = [300, 500, 1_000, 2_000, 3_000, 5_000, 10_000, 15_000, 30_000]
/** Patience in usual durations. */
const PATIENCE = 8

const timeoutFor = (random: Random, ms: number, least: number): number => {
  const fit = TIMEOUTS.findIndex(each => each >= Math.max(least, PATIENCE * ms))
  const at = fit < 0 ? TIMEOUTS.length - 1 : fit
  return TIMEOUTS[Math.min(TIMEOUTS.length - 1, at + random.int(0, 1))]!
}

const SOFT = 0.3
const BREAKS = 0.2

/** A call of an operation in the words of the caller. */
export const drawCall = (
  draft: Draft,
  from: Service,
  to: Service,
  op: string,
  least = 500,
): Call => {
  const { random, voices, family } = draft
  const voice = voices.get(from.name)!
  const { ms } = findOperation(draft)(to.name, op)
  const subject = { ...voice.subject(), peer: peerName(voice.peerForm, to, family.language) }
  const isSoft = to.role !== 'database' && random.next() < SOFT
  const words: CallWords = {}
  const put = (name: keyof CallWords, kind: Parameters<Voice['say']>[0]): void => {
    const line = voice.say(kind, subject)
    if (line !== undefined) words[name] = line
  }
  if (to.role !== 'cache') {
    put('before', 'call')
    put('after', 'called')
    put('slow', 'slow call')
  }
  put('retry', 'retry')
  put('failed', 'call failed')
  if (isSoft) put('degraded', 'degraded')
  put('open', 'breaker')
  return {
    id: `${family.name}-call-${++draft.calls}`,
    ...{ to: to.name, op },
    timeoutMs: timeoutFor(random, ms, least),
    retries: to.role === 'cache' ? 0 : random.pick([0, 1, 1, 2]),
    onFailure: isSoft || to.role === 'cache' ? 'degrade' : 'fail',
    ...(random.next() < BREAKS && { breaker: random.int(4, 8) }),
    words,
  }
}

/** What callers call it: by name or by address. */
const peerName = (
  at: number,
  { name, role }: Service,
  { peerForms, outsideForms }: Language,
): string => {
  const forms = role === 'outside' ? outsideForms : peerForms
  const port = role === 'logic' || role === 'worker' ? 8080 : 5000 + name.length
  return forms[Math.floor(at * forms.length)]!.replace('<name>', name).replace('<port>', `${port}`)
}
