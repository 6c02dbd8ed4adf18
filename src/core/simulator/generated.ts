import { createRandom, type Random } from './random.ts'
import type { IdStyle, Layout, Service, SlotKind, Step, Topology } from './topology.ts'

const NAMES = (
  'broker ledger router planner indexer courier archive beacon quarry lattice harbor mosaic pilot ' +
  'relay sentry tariff vault weaver anchor bridge census dispatch engraver foundry granary hopper'
).split(' ')
const NOUNS = (
  'shipment invoice batch segment quota voucher snapshot manifest lease ticket rule profile digest ' +
  'bundle slot claim route device sample feed region policy ballot cursor cluster parcel channel'
).split(' ')
const VERBS: [string, string][] = [
  ['Opening', 'opened'],
  ['Checking', 'checked'],
  ['Merging', 'merged'],
  ['Storing', 'stored'],
  ['Resolving', 'resolved'],
  ['Loading', 'loaded'],
  ['Signing', 'signed'],
  ['Sorting', 'sorted'],
  ['Releasing', 'released'],
  ['Publishing', 'published'],
  ['Locking', 'locked'],
  ['Importing', 'imported'],
  ['Packing', 'packed'],
  ['Pricing', 'priced'],
]
const LAYOUTS: Layout[] = ['log4j', 'json', 'logfmt', 'syslog']
const ID_STYLES: IdStyle[] = ['uuid', 'hex32', 'req-hex', 'txn-number']
/** How often paths that are rare but normal are taken. */
const RARE = [0.3, 0.1, 0.03, 0.01, 0.003]

export interface TopologyOptions {
  /** 4 to 20; drawn when absent. */
  services?: number
}

/** A system with names, messages, flows and layouts of its own, drawn from a seed. */
export const createTopology = (seed: number, options: TopologyOptions = {}): Topology => {
  const random = createRandom(seed)
  const count = Math.min(Math.max(options.services ?? random.int(4, 12), 2), NAMES.length)
  const names = shuffle(NAMES, random).slice(0, count)
  const house = random.next() < 0.4 ? random.pick(LAYOUTS) : undefined
  const plan = names.map((name, i) => ({
    name,
    layout: house ?? random.pick(LAYOUTS),
    operations: Array.from({ length: random.int(1, i === 0 ? 4 : 3) }, (_, k) => `op${k + 1}`),
  }))
  const used = new Set<string>()
  const services = plan.map((service, i): Service => {
    const below = plan.slice(i + 1)
    const operations: Record<string, Step[]> = {}
    for (const op of service.operations) operations[op] = operation(random, below, used)
    return {
      name: service.name,
      layout: service.layout,
      pods: random.int(1, 3),
      operations,
      periodic: Array.from({ length: random.int(1, 2) }, () => ({
        log: heartbeat(random, used),
        everyMs: random.int(8, 60) * 1000,
      })),
    }
  })
  const front = plan[0]!
  return {
    name: `generated-${seed}`,
    idStyle: random.pick(ID_STYLES),
    services,
    flows: front.operations.map((op, i) => ({ service: front.name, op, weight: 6 / (i + 1) })),
    jobs: [jobOf(random, plan)],
    slots: slots(random),
  }
}

const shuffle = <T>(list: readonly T[], random: Random): T[] =>
  list
    .map(value => ({ value, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value)

interface Callee {
  name: string
  operations: string[]
}

/** A first line, some work, a last line: most operations of real services are like that. */
const operation = (random: Random, below: readonly Callee[], used: Set<string>): Step[] => {
  const [doing, done] = random.pick(VERBS)
  const noun = fresh(random, doing, used)
  const steps: Step[] = [{ log: `${doing} ${noun} {e${random.int(1, 4)}}` }]
  const calls = below.length === 0 ? 0 : random.int(1, Math.min(3, below.length))
  const branches: Step[][] = []
  for (let i = 0; i < calls; i++) {
    const callee = random.pick(below.slice(0, 4))
    const call: Step = { call: callee.name, op: random.pick(callee.operations) }
    if (random.next() < 0.15) branches.push([call])
    else steps.push(random.next() < 0.25 ? { maybe: 0.5 + random.next() / 2, steps: [call] } : call)
  }
  if (branches.length > 0) steps.push({ together: [...branches, [work(random, used)]] })
  for (let i = random.int(0, 3); i > 0; i--) {
    steps.splice(random.int(1, steps.length), 0, extra(random, used))
  }
  steps.push({ log: `${cap(noun)} ${done} after {n1} ms` })
  return steps
}

const cap = (text: string): string => text[0]!.toUpperCase() + text.slice(1)

const extra = (random: Random, used: Set<string>): Step => {
  const drawn = random.next()
  if (drawn < 0.45) return work(random, used)
  if (drawn < 0.65) return { repeat: [1, random.int(2, 5)], steps: [work(random, used)] }
  const odd = work(random, used)
  return { maybe: random.pick(RARE), steps: [{ ...odd, level: 'warn' }] }
}

const work = (random: Random, used: Set<string>): { log: string } => {
  const [doing, done] = random.pick(VERBS)
  const noun = fresh(random, done, used)
  const forms = [
    `${noun} ${done}: size={n2} bytes, owner={w1}`,
    `${doing} ${noun} from {addr}`,
    `${noun} {e1} ${done} by {w2}`,
    `${noun} ${done} in {n1} ms (attempts {n3})`,
    `found {n3} entries of ${noun} under {path}`,
  ]
  return { log: random.pick(forms) }
}

const heartbeat = (random: Random, used: Set<string>): string => {
  const noun = fresh(random, 'beat', used)
  return random.pick([
    `${noun} queue depth {n3}, oldest {n2} ms`,
    `${noun} pool: {n3} busy of {n2}`,
    `collected {n2} stale ${noun} records`,
  ])
}

/** A pair of nouns that goes with this verb only once, so that no two steps share a message. */
const fresh = (random: Random, verb: string, used: Set<string>): string => {
  for (;;) {
    const noun = random.next() < 0.5 ? random.pick(NOUNS) : twoNouns(random)
    const key = `${verb} ${noun}`
    if (used.has(key)) continue
    used.add(key)
    return noun
  }
}

const twoNouns = (random: Random): string => `${random.pick(NOUNS)} ${random.pick(NOUNS)}`

const jobOf = (random: Random, plan: readonly Callee[]) => {
  const worker = plan.at(-1)!
  return { service: worker.name, op: worker.operations[0]!, everyMs: random.int(20, 90) * 1000 }
}

const slots = (random: Random): Record<string, SlotKind> => ({
  e1: { kind: 'entity', prefix: `${random.pick(NOUNS).slice(0, 3)}-`, digits: 5 },
  e2: { kind: 'entity', prefix: '#', digits: 6 },
  e3: { kind: 'entity', prefix: `${random.pick(NOUNS).slice(0, 2)}_`, digits: 7 },
  e4: { kind: 'hex', length: 10 },
  n1: { kind: 'number', median: random.int(5, 80), spread: 0.5 },
  n2: { kind: 'number', median: random.int(200, 9000), spread: 0.6 },
  n3: { kind: 'number', median: random.int(2, 9), spread: 0.4 },
  w1: { kind: 'word', of: shuffle(NOUNS, random).slice(0, 4) },
  w2: { kind: 'word', of: shuffle(NAMES, random).slice(0, 3) },
  addr: { kind: 'address' },
  path: { kind: 'path', of: ['/srv/data/in', '/srv/data/out', '/var/spool/work'] },
})
