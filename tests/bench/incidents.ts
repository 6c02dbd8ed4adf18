import { createGrouper } from '../../src/core/incident/grouper.ts'
import type { Incident, IncidentChange } from '../../src/core/incident/incident.ts'
import { FAULT_KINDS, type Fault, planFaults } from '../../src/core/simulator/fault.ts'
import { createTopology } from '../../src/core/simulator/generated.ts'
import { shopTopology } from '../../src/core/simulator/shop.ts'
import { createSimulator, type SimulatedLine } from '../../src/core/simulator/simulator.ts'
import { loadBundle, publishBundle } from '../../src/core/store/bundle.ts'
import { memoryStore } from '../../src/core/store/byte-store.ts'
import type { Anomaly, LogLine } from '../../src/core/types.ts'
import { localEngine } from '../../src/serve/local-engine.ts'
import type { Bench } from './bench.ts'

const START = Date.UTC(2026, 0, 5, 8)
const MINUTE = 60_000
const TRAINING_MS = 60 * MINUTE
const FAULTS = 14
const RATE = 3
/** Generated systems that write at most about 25 lines a request, so that the bench ends. */
const GENERATED = [1, 2, 8, 11, 15, 16, 17, 20, 7, 12]

/** An anomaly with the fault behind it; none for a false alarm. */
interface Found {
  anomaly: Anomaly
  fault?: string
}

interface System {
  name: string
  faults: readonly Fault[]
  found: Found[]
}

interface Plan {
  everyMs: number
  lengthMs: number
  /** By how much the order of kinds is turned. */
  turn?: number
}

/** Learns a simulated system for an hour, then looks for faults in it as the service does. */
const simulate = async (seed: number, shop: boolean, plan: Plan): Promise<System> => {
  const { everyMs, lengthMs, turn = 0 } = plan
  const topology = shop ? shopTopology() : createTopology(seed)
  const start = START + TRAINING_MS + 2 * MINUTE
  const kinds = FAULT_KINDS.map((_, i) => FAULT_KINDS[(i + turn) % FAULT_KINDS.length]!)
  const faults = planFaults(topology, { seed, start, count: FAULTS, everyMs, lengthMs, kinds })
  const simulator = createSimulator({ seed, topology, start: START, faults, ratePerSecond: RATE })
  const until = (end: number): SimulatedLine[] => {
    const lines: SimulatedLine[] = []
    while (simulator.now < end) lines.push(simulator.next())
    return lines
  }
  const before = until(START + TRAINING_MS)
  const after = until(start + FAULTS * everyMs)
  const engine = localEngine()
  const store = memoryStore()
  const open = async function* () {
    yield before.map(({ line }) => line)
  }
  const options = { name: 'sim', session: 'auto', budget: 0.001, seed, epochs: 0 } as const
  const draft = await engine.learn(
    { format: 'lines', open },
    { ...options, backend: 'wasm' },
    () => undefined,
  )
  await publishBundle(store, draft)
  const stream = await engine.stream(await loadBundle(store, 'sim'), { idleMs: 30_000 })
  const lines = after.map(({ line }, position): LogLine => ({ ...line, position }))
  const { anomalies } = await stream.feed(lines)
  const rest = await stream.end()
  const found = [...anomalies, ...rest.anomalies].map(anomaly => {
    const fault = faultOf(anomaly, faults, after)
    return { anomaly, ...(fault && { fault }) }
  })
  return { name: shop ? `shop ${seed}` : topology.name, faults, found }
}

/** Whose request it is; for a window, who wrote its odd lines or keeps its source silent. */
const faultOf = (
  { session, source, lines, firstSeen, lastSeen }: Anomaly,
  faults: readonly Fault[],
  written: readonly SimulatedLine[],
): string | undefined => {
  const own = faults.find(({ sessions }) => sessions.includes(session))
  if (own !== undefined) return own.id
  if (!session.startsWith(`${source} `)) return undefined
  const odd = lines.flatMap(({ odd: isOdd, line }) => (isOdd ? (written[line]?.fault ?? []) : []))
  const service = source.replace(/-\d+$/, '')
  const silent = faults.find(
    ({ kind, service: name, from, to }) =>
      kind === 'silence' && name === service && lastSeen >= from && firstSeen < to,
  )
  return odd[0] ?? silent?.id
}

interface Grouped {
  incident: Incident
  /** Anomalies of each fault. */
  faults: Map<string, number>
  clean: number
}

const group = (found: readonly Found[]) => {
  const grouper = createGrouper()
  const groups = new Map<string, Grouped>()
  const news: Record<IncidentChange, number> = { opened: 0, reopened: 0, worsened: 0, grew: 0 }
  for (const { anomaly, fault } of found) {
    const { incident, change } = grouper.add(anomaly, anomaly.lastSeen)
    news[change] += 1
    const known = groups.get(incident.id) ?? { incident, faults: new Map(), clean: 0 }
    groups.set(incident.id, known)
    if (fault === undefined) known.clean += 1
    else known.faults.set(fault, (known.faults.get(fault) ?? 0) + 1)
  }
  return { groups: [...groups.values()], news }
}

interface Score {
  /** Incidents that hold anomalies of a fault, for each fault that was noticed. */
  spread: number[]
  /** Share of an incident's anomalies that its main fault has, for each that has any. */
  purity: number[]
  clean: number
  /** False alarms in incidents of faults. */
  glued: number
  told: number
}

const judge = (system: System, detail: boolean): Score => {
  const { groups, news } = group(system.found)
  const spread: number[] = []
  for (const fault of system.faults) {
    const holding = groups.filter(({ faults }) => faults.has(fault.id))
    if (holding.length === 0) continue
    spread.push(holding.length)
    if (!detail) continue
    const sizes = holding.map(({ faults }) => faults.get(fault.id)).sort((a, b) => b! - a!)
    console.log(`  ${fault.id.padEnd(9)} ${fault.about}: ${sizes.join(' + ')} anomalies`)
  }
  const ofFaults = groups.filter(({ faults }) => faults.size > 0)
  const purity = ofFaults.map(({ incident, faults, clean }) => {
    const share = Math.max(...faults.values()) / incident.anomalies
    const mixed = [...faults].map(([id, n]) => `${n} of ${id}`).join(', ')
    if (detail && share < 0.9) {
      console.log(`  mixed: ${incident.title}: ${mixed}, ${clean} false alarms`)
    }
    return share
  })
  const glued = ofFaults.reduce((sum, { clean }) => sum + clean, 0)
  const clean = groups.reduce((sum, each) => sum + each.clean, 0)
  const told = news.opened + news.reopened + news.worsened
  const quiet = groups.filter(({ faults }) => faults.size === 0)
  const largest = Math.max(0, ...quiet.map(({ incident }) => incident.anomalies))
  console.log(
    `${system.name}: ${system.found.length} anomalies of ${spread.length} faults noticed, ` +
      `${groups.length} incidents, ${told} news; one incident ${count(spread, n => n === 1)}, ` +
      `purity ${mean(purity).toFixed(3)}; ${glued} of ${clean} false alarms in incidents of ` +
      `faults, largest incident of false alarms ${largest}`,
  )
  return { spread, purity, clean, glued, told }
}

const count = <T>(list: readonly T[], fits: (item: T) => boolean): string =>
  `${list.filter(fits).length}/${list.length}`
const mean = (list: readonly number[]): number =>
  list.reduce((a, b) => a + b, 0) / Math.max(1, list.length)

const sum = (title: string, scores: readonly Score[]): void => {
  const spread = scores.flatMap(score => score.spread)
  const purity = scores.flatMap(score => score.purity)
  console.log(
    `${title}: faults in exactly one incident ${count(spread, n => n === 1)} ` +
      `(${((100 * spread.filter(n => n === 1).length) / spread.length).toFixed(0)} %), ` +
      `mean purity ${mean(purity).toFixed(3)}, pure to 0.9 ${count(purity, p => p >= 0.9)}\n`,
  )
}

/** Two systems that have nothing to do with each other, watched as one. */
const join = (a: System, b: System): System => {
  const marked = (system: System, mark: string): Found[] =>
    system.found.map(({ anomaly, fault }) => ({
      anomaly: { ...anomaly, ...away(anomaly, mark) },
      ...(fault && { fault: `${mark} ${fault}` }),
    }))
  const faults = [
    ...a.faults.map(fault => ({ ...fault, id: `a ${fault.id}` })),
    ...b.faults.map(fault => ({ ...fault, id: `b ${fault.id}` })),
  ]
  const found = [...marked(a, 'a'), ...marked(b, 'b')].sort(
    (x, y) => x.anomaly.lastSeen - y.anomaly.lastSeen,
  )
  return { name: `${a.name} beside ${b.name}`, faults, found }
}

/** Sources of different systems have different names. */
const away = (anomaly: Anomaly, mark: string): Partial<Anomaly> => ({
  id: `${mark} ${anomaly.id}`,
  source: `${mark}/${anomaly.source}`,
  session: anomaly.session.startsWith(`${anomaly.source} `)
    ? `${mark}/${anomaly.session}`
    : anomaly.session,
  lines: anomaly.lines.map(line =>
    line.source === undefined ? line : { ...line, source: `${mark}/${line.source}` },
  ),
})

const speed = (systems: readonly System[]): void => {
  const all = systems.flatMap(({ found }) => found.map(({ anomaly }) => anomaly))
  for (const round of ['cold', 'warm']) {
    const grouper = createGrouper()
    const from = performance.now()
    for (const anomaly of all) grouper.add(anomaly, anomaly.lastSeen)
    const seconds = (performance.now() - from) / 1000
    console.log(`${round}: ${Math.round(all.length / seconds).toLocaleString('en')} anomalies/s`)
  }
}

export const bench: Bench = {
  name: 'incidents',
  about:
    'simulated faults, end to end: in how many incidents each ends, how pure they are; ' +
    'args: systems of each sort, minutes between faults, detail',
  async run([systems = '3', minutes = '10', detail = '']) {
    const n = Number(systems)
    const plan = { everyMs: Number(minutes) * MINUTE, lengthMs: MINUTE }
    const shops: System[] = []
    const generated: System[] = []
    for (let seed = 1; seed <= n; seed++) shops.push(await simulate(seed, true, plan))
    for (const seed of GENERATED.slice(0, n)) generated.push(await simulate(seed, false, plan))
    const shown = detail !== ''
    sum(
      'shop',
      shops.map(system => judge(system, shown)),
    )
    sum(
      'generated',
      generated.map(system => judge(system, shown)),
    )
    const pairs: System[] = []
    for (const [i, seed] of GENERATED.slice(0, n).entries()) {
      const other = await simulate(seed, false, { ...plan, turn: 3 })
      pairs.push(join(shops[i]!, other))
    }
    sum(
      'two systems at once, faults at the same times',
      pairs.map(system => judge(system, shown)),
    )
    speed([...shops, ...generated])
  },
}
