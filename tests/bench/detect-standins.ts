import { createRandom, type Random } from '../../src/core/simulator/random.ts'
import type { Task } from './detect-evaluate.ts'
import { FAULTS } from './detect-faults.ts'

/** Systems that are made up, each unlike the others; a seed gives one system and its sessions. */
export interface StandIn {
  name: string
  budget: number
  make(seed: number): Task
}

type Step =
  | number
  | { maybe: number; steps: Step[]; otherwise: Step[] }
  | { most: number; steps: Step[] }
  | { together: Step[][] }

const many = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make)

/** A program: a random tree of steps, choices, loops and branches that run at once. */
const program = (random: Random, depth: number, event: () => number): Step[] =>
  many(random.int(2, 5), (): Step => {
    const x = random.next()
    if (depth === 0 || x < 0.55) return event()
    const inner = (): Step[] => program(random, depth - 1, event)
    if (x < 0.75) {
      return { maybe: random.pick([0.5, 0.2, 0.05, 0.01]), steps: inner(), otherwise: inner() }
    }
    if (x < 0.88) return { most: random.int(2, 6), steps: inner() }
    return { together: [inner(), inner()] }
  })

const woven = (runs: number[][], random: Random): number[] => {
  const left = runs.map(run => [...run])
  const out: number[] = []
  for (let total = left.flat().length; total > 0; total--) {
    let at = random.int(0, total - 1)
    const run = left.find(r => {
      at -= r.length
      return at < 0
    })!
    out.push(run.shift()!)
  }
  return out
}

const run = (steps: readonly Step[], random: Random): number[] =>
  steps.flatMap(step => {
    if (typeof step === 'number') return [step]
    if ('maybe' in step)
      return run(random.next() < step.maybe ? step.steps : step.otherwise, random)
    if ('most' in step) return many(random.int(1, step.most), () => run(step.steps, random)).flat()
    return woven(
      step.together.map(branch => run(branch, random)),
      random,
    )
  })

/** Several programs over one vocabulary; the first is the commonest. */
const system = (random: Random, programs: number, depth: number): (() => number[]) => {
  let next = 1
  const event = (): number => (random.next() < 0.3 && next > 5 ? random.int(1, next - 1) : next++)
  const all = many(programs, () => program(random, depth, event))
  return () => {
    let p = 0
    while (p < programs - 1 && random.next() < 0.5) p += 1
    return run(all[p]!, random)
  }
}

const EVENT_OF_ERROR = 100_000

/** An order fault, an error event with or without an early end, or a stuck repetition. */
const broken = (s: readonly number[], random: Random, other: readonly number[]): number[] => {
  if (s.length < 3) return [...s, EVENT_OF_ERROR]
  const x = random.next()
  const at = random.int(1, s.length - 1)
  if (x < 0.15) return [...s.slice(0, at), EVENT_OF_ERROR + random.int(0, 4)]
  if (x < 0.25) return s.toSpliced(at, 0, EVENT_OF_ERROR + random.int(0, 4))
  if (x < 0.4) return s.toSpliced(at, 0, ...many(random.int(4, 12), () => s[at]!))
  if (x < 0.6) return s.slice(0, at)
  const kind = random.pick(['far swap', 'deletion', 'splice'])
  return FAULTS[kind]!(s, random, other.length > 2 ? other : s)
}

const programs = (seed: number, training: number, depth = 2): Task => {
  const random = createRandom(seed)
  const session = system(random, 6, depth)
  const normal = many(4000, session)
  const known = new Set(normal.map(s => s.join(' ')))
  const sessions = many(training, session)
  for (const s of sessions) known.add(s.join(' '))
  const odd = many(300, () => broken(session(), random, session()))
  return { training: sessions, normal, odd: odd.filter(s => !known.has(s.join(' '))) }
}

/** A Markov chain in which every event has a few likely successors. */
const chain = (random: Random, size: number): ((length: number) => number[]) => {
  const next = many(size, () => many(random.int(1, 4), () => random.int(1, size)))
  return length => {
    let at = random.int(1, size)
    return many(length, () => {
      const likely = next[at - 1]!
      const x = random.next()
      at = x < 0.02 ? random.int(1, size) : likely[Math.floor(x * x * likely.length)]!
      return at
    })
  }
}

/** System-call traces: phases of some chains; an attack brings a stretch of a chain of its own. */
const traces = (seed: number): Task => {
  const random = createRandom(seed)
  const phases = many(8, () => chain(random, 60))
  const attacks = many(5, () => chain(random, 60))
  const trace = (): number[] =>
    many(random.int(2, 5), () => random.pick(phases)(Math.round(random.around(110, 0.5)))).flat()
  const attacked = (): number[] => {
    const s = trace()
    const stretch = random.pick(attacks)(random.int(20, 120))
    return s.toSpliced(random.int(0, s.length), stretch.length, ...stretch)
  }
  return { training: many(800, trace), normal: many(2000, trace), odd: many(200, attacked) }
}

/** Windows of 60 events over streams that interleave; an incident makes one stream misbehave. */
const windows = (seed: number): Task => {
  const random = createRandom(seed)
  let next = 1
  const event = (): number => next++
  const streams = many(6, () => ({ steps: program(random, 2, event), rate: random.around(1, 0.8) }))
  const window = (incident: boolean): number[] => {
    const ill = incident ? random.int(0, streams.length - 1) : -1
    const way = random.int(0, 2)
    const runs = streams.map(({ steps, rate }, i) => {
      const wanted = Math.round(random.around(12 * rate, 0.3))
      const events: number[] = []
      while (events.length < wanted) events.push(...run(steps, random))
      const from = random.int(0, Math.max(0, events.length - wanted))
      const part = events.slice(from, from + wanted)
      if (i !== ill) return part
      if (way === 0) return part.slice(0, Math.floor(part.length / 6))
      if (way === 1) return part.flatMap(e => (random.next() < 0.2 ? [e, EVENT_OF_ERROR + i] : [e]))
      return [...part].reverse()
    })
    return woven(runs, random).slice(0, 60)
  }
  return {
    training: many(1500, () => window(false)),
    normal: many(3000, () => window(false)),
    odd: many(200, () => window(true)),
  }
}

/** New event types keep coming: every fiftieth session brings one of its own. */
const drifting = (seed: number): Task => {
  const random = createRandom(seed)
  const session = system(random, 5, 2)
  let fresh = 1000
  const live = (): number[] => {
    const s = session()
    return random.next() < 0.02 ? s.toSpliced(random.int(0, s.length), 0, fresh++) : s
  }
  const training = many(2000, live)
  const normal = many(4000, live)
  const known = new Set([...training, ...normal].map(s => s.join(' ')))
  const odd = many(300, () => broken(session(), random, session()))
  return { training, normal, odd: odd.filter(s => !known.has(s.join(' '))) }
}

export const STAND_INS: readonly StandIn[] = [
  { name: 'programs, 2,000', budget: 0.001, make: seed => programs(seed, 2000) },
  { name: 'programs, 500', budget: 0.001, make: seed => programs(seed, 500) },
  { name: 'programs, 150', budget: 0.001, make: seed => programs(seed, 150) },
  { name: 'programs, 60', budget: 0.001, make: seed => programs(seed, 60) },
  { name: 'deep programs, 150', budget: 0.001, make: seed => programs(seed, 150, 4) },
  { name: 'traces of ~400, 800', budget: 0.001, make: traces },
  { name: 'traces, budget 1 %', budget: 0.01, make: traces },
  { name: 'windows of 60, 1,500', budget: 0.001, make: windows },
  { name: 'windows, budget 1 %', budget: 0.01, make: windows },
  { name: 'new types in 2 %', budget: 0.001, make: drifting },
]
