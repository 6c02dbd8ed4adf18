import type { Fault } from './fault.ts'
import type { Random } from './random.ts'
import type { Entry } from './request.ts'

/** Numbers under a value fault are this many times too large. */
const VALUE_SCALE = 1000

const UNSEEN = [
  'Unhandled failure: connection pool exhausted after {slow} ms',
  'Assertion broken in state machine, dumping {small} frames',
  'Certificate of peer {client} rejected: chain incomplete',
  'Out of memory while growing buffer to {slow} bytes',
]

/**
 * What a request writes when a fault hits it. Returns undefined when the fault cannot show in this
 * request (it does not come through the service, or holds too few of its steps).
 */
export const injectFault = (
  entries: readonly Entry[],
  fault: Fault,
  random: Random,
): Entry[] | undefined => {
  const own = entries.filter(entry => entry.service.name === fault.service)
  if (own.length === 0) return undefined
  switch (fault.kind) {
    case 'new template':
      return withUnseen(entries, random.pick(own), fault, random)
    case 'sequence':
      return disorder(entries, own, fault, random)
    case 'missing ending': {
      // The last line must be missing at least.
      const last = entries.indexOf(random.pick(own))
      if (last === entries.length - 1) return undefined
      fault.lines += entries.length - 1 - last
      return entries.slice(0, last + 1)
    }
    case 'count':
      return repeated(entries, random.pick(own), fault, random)
    case 'value': {
      const numeric = own.filter(entry =>
        /\{(?:ms|slow|amount|count|size|n\d*)\}/.test(entry.message),
      )
      if (numeric.length === 0) return undefined
      fault.lines += numeric.length
      const hit = new Set(numeric)
      return entries.map(entry =>
        hit.has(entry) ? { ...entry, scale: VALUE_SCALE, fault } : entry,
      )
    }
    case 'silence': {
      fault.lines += own.length
      return entries.filter(entry => entry.service.name !== fault.service)
    }
    case 'rate':
      return undefined
  }
}

const withUnseen = (
  entries: readonly Entry[],
  after: Entry,
  fault: Fault,
  random: Random,
): Entry[] => {
  fault.lines += 1
  const line: Entry = {
    ...after,
    at: after.at + 0.5,
    level: 'error',
    message: UNSEEN[Number(fault.id.replace(/\D/g, '')) % UNSEEN.length] ?? random.pick(UNSEEN),
    fault,
  }
  return entries.flatMap(entry => (entry === after ? [entry, line] : [entry]))
}

/** Swaps two steps of one visit that always come in this order, or leaves one out. */
const disorder = (
  entries: readonly Entry[],
  own: readonly Entry[],
  fault: Fault,
  random: Random,
): Entry[] | undefined => {
  const visits = Map.groupBy(
    own.filter(entry => entry.certain),
    entry => entry.visit,
  )
  const long = [...visits.values()].filter(visit => visit.length > 1)
  if (long.length === 0) return undefined
  const certain = random.pick(long)
  const [first, second] = [certain[0]!, certain.at(-1)!]
  if (random.next() < 0.5) {
    fault.lines += 1
    const gone = random.pick(certain.slice(0, -1))
    return entries.filter(entry => entry !== gone)
  }
  if (first.message === second.message) return undefined
  fault.lines += 2
  return entries.map(entry => {
    if (entry === first) return { ...second, at: first.at, fault }
    return entry === second ? { ...first, at: second.at, fault } : entry
  })
}

const repeated = (
  entries: readonly Entry[],
  step: Entry,
  fault: Fault,
  random: Random,
): Entry[] => {
  const times = random.int(6, 15)
  fault.lines += times
  const extra = Array.from({ length: times }, (_, i) => ({
    ...step,
    at: step.at + 0.2 * (i + 1),
    fault,
  }))
  return entries
    .flatMap(entry => (entry === step ? [entry, ...extra] : [entry]))
    .sort((a, b) => a.at - b.at)
}
