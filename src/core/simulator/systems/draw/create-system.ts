import { createRandom, type Random } from '../../random.ts'
import type { Family } from '../family.ts'
import {
  type Flow,
  type Role,
  type Service,
  type Step,
  type System,
  serviceNamed,
  type Topic,
} from '../plan.ts'
import { drawBroker, drawCache, drawDatabase, drawOutside } from './data-services.ts'
import { type Draft, drawCall, operationKey } from './draft.ts'
import { estimate, fillRates } from './estimate.ts'
import { drawHouse } from './house.ts'
import { drawOperation, type Reach } from './operation.ts'
import { drawService } from './service.ts'
import { draw, drawSlots } from './slots.ts'

/** A whole system, drawn from a seed in the manner of its family. */
export const createSystem = (family: Family, seed: number): System => {
  const random = createRandom(seed).fork(hash(family.name))
  const { language } = family
  const count = random.int(...family.services)
  const house = drawHouse(random, family)
  const { slots, names: slotNames } = drawSlots(random, language)
  const system: System = {
    ...{ name: `${family.name}-${seed}`, family: family.name, seed, house, slots },
    ...{ services: [], topics: [], flows: [], jobs: [], rate: 1 },
    cycleMs: random.int(16, 25) * 60_000,
    swing: 0.1 + 0.3 * random.next(),
    blips: random.pick([0.0005, 0.001, 0.002, 0.004]),
    hiccupMs: random.int(3, 12) * 60_000,
    clockMs: family.clockMs[0] + random.next() * (family.clockMs[1] - family.clockMs[0]),
    removalMs: random.int(8, 25) * 1000,
  }
  const draft: Draft = { random, family, system, voices: new Map(), uncalled: new Set(), calls: 0 }
  const used = new Set<string>()
  const form = random.pick(language.instanceForms)
  // One stream has one layout: whoever merges lines frames them.
  const isOne = random.next() < 0.6 || house.shape === 'stream'
  const one = isOne ? random.pick(family.layouts) : undefined
  const add = (name: string, role: Role, instances: number): Service => {
    const layout = one ?? random.pick(family.layouts)
    const service = drawService(draft, {
      ...{ name, role, instances, form, layout, slots: slotNames, used },
    })
    system.services.push(service)
    return service
  }
  const data = dataCounts(random, count)
  const databases = draw(random, language.databases, data.databases).map(n => add(n, 'database', 1))
  const caches = draw(random, language.caches, data.caches).map(n => add(n, 'cache', 1))
  const brokers = draw(random, language.brokers, data.brokers).map(n => add(n, 'broker', 1))
  const outsides = draw(random, language.outside, data.outside).map(n => add(n, 'outside', 1))
  for (const each of databases)
    drawDatabase(draft, each, draw(random, language.nouns, random.int(2, 4)))
  for (const each of caches) drawCache(draft, each)
  for (const each of brokers) drawBroker(draft, each)
  for (const each of outsides) drawOutside(draft, each)
  const nameForm = random.pick(language.nameForms)
  const rest = Math.max(3, count - system.services.length)
  const names = draw(random, language.names, rest).map(n => nameForm.replace('<name>', n))
  const topics: { name: string; broker: Service }[] = []
  const below: Service[] = []
  names.forEach((name, i) => {
    const isGate = i === rest - 1 || (i === rest - 2 && rest > 8 && random.next() < 0.4)
    const broker = brokers.length > 0 ? random.pick(brokers) : undefined
    const isWorker = !isGate && broker !== undefined && topics.length < 2 && i < rest / 2
    const role = isGate ? 'gateway' : isWorker ? 'worker' : 'logic'
    const service = add(name, role, random.pick([1, 1, 2, 2, 3]))
    const reach: Reach = {
      services: below.slice(-family.reach),
      ...(databases.length > 0 && random.next() < 0.65 && { database: random.pick(databases) }),
      ...(caches.length > 0 && random.next() < 0.6 && { cache: random.pick(caches) }),
      ...(outsides.length > 0 && random.next() < 0.35 && { outside: random.pick(outsides) }),
      topics: isWorker ? [] : topics,
    }
    for (let k = random.int(isGate ? 2 : 1, isGate ? 5 : 3); k > 0; k--) {
      const op = `op${k}`
      service.operations[op] = drawOperation(draft, service, op, reach)
      if (!isGate) draft.uncalled.add(operationKey(name, op))
    }
    if (isWorker) {
      const topic: Topic = {
        ...{ name: `${random.pick(language.nouns)}.${random.pick(language.verbs)[1]}` },
        ...{ broker: broker.name, consumer: name, op: Object.keys(service.operations)[0]! },
      }
      system.topics.push(topic)
      topics.push({ name: topic.name, broker })
      draft.uncalled.delete(operationKey(name, topic.op))
      for (const op of Object.keys(service.operations).slice(1)) {
        draft.uncalled.delete(operationKey(name, op))
        delete service.operations[op]
      }
    } else if (!isGate) below.push(service)
    if (isGate) addFlows(draft, service)
  })
  shareOut(system.flows, random)
  addJobs(draft)
  callTheRest(draft)
  fillRates(system)
  system.rate = random.int(...family.linesPerSecond) / linesPerRequest(draft)
  fillRates(system)
  return system
}

const hash = (text: string): number =>
  [...text].reduce((sum, char) => Math.imul(sum, 31) + char.charCodeAt(0), 7) >>> 0

const dataCounts = (random: Random, count: number) => ({
  databases: 1 + (count > 14 ? 1 : 0) + (count > 26 ? 1 : 0),
  caches: random.pick(count > 14 ? [1, 1, 2] : [0, 1, 1]),
  brokers: random.pick(count > 14 ? [1, 1, 2] : [0, 1, 1]),
  outside: random.pick(count > 14 ? [1, 2] : [0, 1, 1]),
})

const addFlows = ({ system }: Draft, { name, operations }: Service): void => {
  for (const op of Object.keys(operations)) system.flows.push({ service: name, op, share: 0 })
}

/** The commonest request comes some times as often as the rarest. */
const shareOut = (flows: Flow[], random: Random): void => {
  flows.forEach((flow, i) => {
    flow.share = random.around(1 / (1 + i * 0.4), 0.3)
  })
  const sum = flows.reduce((total, { share }) => total + share, 0)
  for (const flow of flows) flow.share /= sum
}

/** What no request comes to is called by a gateway: those that call others come first. */
const callTheRest = (draft: Draft): void => {
  const { system, random } = draft
  const entries = system.flows.map(({ service, op }) => ({
    service: serviceNamed(system, service),
    op,
  }))
  for (const service of system.services.toReversed()) {
    if (service.role !== 'logic' && service.role !== 'worker') continue
    for (const { name } of Object.values(service.operations)) {
      fillRates(system)
      if (service.operations[name]!.rate > 0) continue
      const { service: gate, op } = random.pick(entries)
      const steps = gate.operations[op]!.steps
      const topic = system.topics.find(each => each.consumer === service.name)
      const broker = topic && serviceNamed(system, topic.broker)
      const call = broker
        ? drawCall(draft, gate, broker, 'publish')
        : drawCall(draft, gate, service, name)
      const step: Step = topic ? { do: 'publish', call, topic: topic.name } : { do: 'call', call }
      const isOften = random.next() < 0.6
      steps.splice(steps.length - 2, 0, isOften ? step : { do: 'maybe', p: 0.5, steps: [step] })
    }
  }
}

/** Some services do things by themselves. */
const addJobs = (draft: Draft): void => {
  const { system, random, voices } = draft
  const able = system.services.filter(({ role }) => role === 'logic' || role === 'worker')
  for (const service of draw(random, able, Math.max(1, Math.round(able.length / 5)))) {
    const voice = voices.get(service.name)!
    const subject = voice.subject()
    const steps = service.operations
    const inner = random.next() < 0.5 ? Object.values(steps)[0]!.steps.slice(1, 4) : []
    const say = (kind: 'job start' | 'job end' | 'step') => ({
      do: 'say' as const,
      line: voice.tell(kind, kind === 'step' ? {} : subject),
    })
    steps.job = {
      ...{ name: 'job', rate: 0, weight: 3, ms: 200 },
      steps: [
        say('job start'),
        { do: 'work', ms: 40, spread: 0.5 },
        ...inner,
        { do: 'repeat', from: 1, to: 4, steps: [{ do: 'work', ms: 30, spread: 0.5 }, say('step')] },
        say('job end'),
      ],
    }
    system.jobs.push({ service: service.name, op: 'job', everyMs: random.int(15, 60) * 1000 })
  }
}

/** Lines a second when one request a second comes, without those that come by themselves. */
const linesPerRequest = ({ system }: Draft): number => {
  const alone = { name: '', rate: 0, weight: 0, ms: 0, steps: [] }
  const services = system.services.filter(({ logs }) => logs)
  return services
    .flatMap(({ operations }) => Object.values(operations))
    .reduce((sum, { rate, steps }) => sum + rate * estimate(steps, () => alone).lines, 1)
}
