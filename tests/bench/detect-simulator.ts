import { fitDetector } from '../../src/core/detect/fit-detector.ts'
import { distinct } from '../../src/core/sequence/sequence-set.ts'
import { planFaults } from '../../src/core/simulator/fault.ts'
import { createTopology } from '../../src/core/simulator/generated.ts'
import { createSimulator } from '../../src/core/simulator/simulator.ts'

const TRAINING = 3000
const CLEAN = 5000
const START = Date.UTC(2026, 0, 5, 8)

interface Simulated {
  training: number[][]
  clean: number[][]
  /** Sessions that a fault hit, by its kind. */
  hit: Map<string, number[][]>
}

/** Sessions by request id, as the simulator knows them; events are the messages before filling in. */
const simulate = (seed: number): Simulated => {
  const topology = createTopology(seed)
  const before = (TRAINING + CLEAN) / 5
  const faults = planFaults(topology, {
    seed,
    start: START + before * 1000,
    count: 28,
    everyMs: 40_000,
    lengthMs: 30_000,
    kinds: ['new template', 'sequence', 'missing ending', 'count', 'silence'],
  })
  const simulator = createSimulator({ seed, topology, faults, start: START })
  const end = START + (before + 28 * 40 + 30) * 1000
  const ids = new Map<string, number>()
  const sessions = new Map<string, number[]>()
  const templates = templatesOf(topology.services.flatMap(s => Object.values(s.operations)))
  for (let made = simulator.next(); simulator.now < end; made = simulator.next()) {
    if (made.session === undefined) continue
    const name = `${made.service} ${templates(made.line.text)}`
    const id = ids.get(name) ?? ids.size
    ids.set(name, id)
    const session = sessions.get(made.session)
    if (session === undefined) sessions.set(made.session, [id])
    else session.push(id)
  }
  const kindOf = new Map<string, string>()
  for (const f of simulator.faults) for (const key of f.sessions) kindOf.set(key, f.kind)
  const hit = new Map<string, number[][]>()
  const whole: number[][] = []
  for (const [key, session] of sessions) {
    const kind = kindOf.get(key)
    if (kind === undefined) whole.push(session)
    else hit.set(kind, [...(hit.get(kind) ?? []), session])
  }
  return { training: whole.slice(0, TRAINING), clean: whole.slice(TRAINING, -20), hit }
}

/**
 * Finds the message behind a line by its fixed words; a line that fits none (retries, slow calls,
 * faults) is named by its words without digits.
 */
const templatesOf = (operations: readonly unknown[]): ((text: string) => string) => {
  const logs = [...JSON.stringify(operations).matchAll(/"log":"([^"]+)"/g)].map(match => match[1]!)
  const rules = [...new Set(logs)]
    .sort((a, b) => b.length - a.length)
    .map(log => {
      const words = log.split(/\{\w+\}/).map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      return { log, rule: new RegExp(words.join('.+')) }
    })
  const known = new Map<string, string>()
  return text => {
    const words = text.split(/[\s"]+/).filter(word => !/\d/.test(word))
    const fixed = words.join(' ')
    let name = known.get(fixed)
    if (name === undefined) {
      name = rules.find(({ rule }) => rule.test(text))?.log ?? fixed
      if (known.size < 100_000) known.set(fixed, name)
    }
    return name
  }
}

/** Alarms on clean sessions against the budget, and how much of each kind of fault is found. */
export const benchSimulator = (seeds: readonly number[], budget = 0.001): void => {
  console.log(`\nsimulated systems, ${TRAINING} sessions to learn from, budget ${100 * budget} %`)
  const total = new Map<string, { found: number; all: number }>()
  let alarmed = 0
  let calm = 0
  for (const seed of seeds) {
    const { training, clean, hit } = simulate(seed)
    const detector = fitDetector(distinct(training), { budget, seed: 1 })
    const normals = new Set([...training, ...clean].map(s => s.join(' ')))
    const wrong = clean.filter(s => detector.score(s).anomalous).length
    alarmed += wrong
    calm += clean.length
    const kinds = [...hit].map(([kind, sessions]) => {
      const real = sessions.filter(s => !normals.has(s.join(' ')))
      const found = real.filter(s => detector.score(s).anomalous).length
      const sum = total.get(kind) ?? { found: 0, all: 0 }
      total.set(kind, { found: sum.found + found, all: sum.all + real.length })
      return `${kind} ${found}/${real.length} (${sessions.length - real.length} ordinary)`
    })
    const share = ((100 * wrong) / clean.length).toFixed(3)
    console.log(`  seed ${seed}: ${share} % of ${clean.length} clean alarm; ${kinds.join(', ')}`)
  }
  console.log(`  all: ${((100 * alarmed) / calm).toFixed(3)} % of clean sessions alarm`)
  for (const [kind, { found, all }] of total) {
    console.log(`    ${kind.padEnd(16)} recall ${(found / Math.max(1, all)).toFixed(3)} of ${all}`)
  }
}
