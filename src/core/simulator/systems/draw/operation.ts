import { eachStep, type Line, type Operation, type Service, type Step } from '../plan.ts'
import { type Draft, drawCall, findOperation, operationKey } from './draft.ts'
import { estimate } from './estimate.ts'
import type { Voice } from './voice.ts'

/** What an operation of a service may reach. */
export interface Reach {
  services: readonly Service[]
  database?: Service
  cache?: Service
  outside?: Service
  topics: readonly { name: string; broker: Service }[]
}

export const work = (draft: Draft, median = 3): Step => ({
  do: 'work',
  ms: draft.random.around(median, 0.6),
  spread: 0.35 + 0.3 * draft.random.next(),
})

const say = (line: Line | undefined): Step[] => (line === undefined ? [] : [{ do: 'say', line }])

/** How often paths that are rare but normal are taken. */
const RARE = [0.3, 0.1, 0.05, 0.02, 0.01, 0.004]

/** Draws an operation of a service: a first line, what it does, a last line. */
export const drawOperation = (
  draft: Draft,
  service: Service,
  name: string,
  reach: Reach,
): Operation => {
  const { random, family } = draft
  const voice = draft.voices.get(service.name)!
  const subject = voice.subject()
  const steps: Step[] = [...say(voice.say('enter', subject)), work(draft, 2)]
  if (service.role === 'gateway' && random.next() < 0.5) {
    const refusal: Step[] = [...say(voice.tell('refusal', subject)), { do: 'return' }]
    steps.push({ do: 'maybe', p: random.pick([0.005, 0.01, 0.02]), steps: refusal })
  }
  const find = findOperation(draft)
  const wanted = random.int(2, family.mostSteps)
  for (let i = 0; i < wanted; i++) {
    const made = drawStep(draft, service, voice, reach)
    const { lines } = estimate([...steps, ...made], find)
    if (lines > family.mostLines) continue
    steps.push(...made)
    eachStep(made, step => {
      if (step.do === 'call') draft.uncalled.delete(operationKey(step.call.to, step.call.op))
    })
  }
  if (random.next() < 0.25) steps.push(caught(draft, voice))
  steps.push(work(draft, 1), ...say(voice.say('leave', subject)))
  const { lines, ms } = estimate(steps, find)
  const failed = voice.say('failed', subject)
  return { name, rate: 0, weight: lines, ms, steps, ...(failed && { failed }) }
}

/** An error that normal days know: caught, told, and without consequence. */
const caught = ({ random }: Draft, voice: Voice): Step => ({
  do: 'maybe',
  p: random.pick([0.002, 0.005, 0.01]),
  steps: say({ ...voice.tell('thrown'), level: random.pick(['warn', 'error']) }),
})

const drawStep = (draft: Draft, service: Service, voice: Voice, reach: Reach): Step[] => {
  const { random, family } = draft
  const at = random.next()
  const step = (): Step[] => [work(draft), ...say(voice.tell('step'))]
  if (at < 0.3) return step()
  if (at < 0.58 && reach.services.length > 0) {
    if (random.next() >= family.parallel) return [callBelow(draft, service, reach)]
    const branches = Array.from({ length: random.int(2, 3) }, () => [
      callBelow(draft, service, reach),
    ])
    return [{ do: 'together', branches }]
  }
  if (at < 0.72 && reach.database !== undefined) return query(draft, service, voice, reach.database)
  if (at < 0.8 && reach.cache !== undefined && reach.database !== undefined) {
    return lookUp(draft, service, voice, reach.cache, reach.database)
  }
  if (at < 0.85 && reach.outside !== undefined) {
    const op = random.pick(Object.keys(reach.outside.operations))
    return [{ do: 'call', call: drawCall(draft, service, reach.outside, op, 2_000) }]
  }
  if (at < 0.9 && reach.topics.length > 0) {
    const { name, broker } = random.pick(reach.topics)
    const call = drawCall(draft, service, broker, 'publish')
    return [{ do: 'publish', call, topic: name }, ...say(voice.say('publish', { topic: name }))]
  }
  if (at < 0.95) {
    const rare = [work(draft), ...say(voice.tell('branch'))]
    if (random.next() < 0.3 && reach.services.length > 0)
      rare.push(callBelow(draft, service, reach))
    return [{ do: 'maybe', p: random.pick(RARE), steps: rare }]
  }
  if (at < 0.98) return [{ do: 'repeat', from: 1, to: random.int(2, 4), steps: step() }]
  const done = voice.say('file')
  const failed = voice.say('disk full')
  service.writesDisk = true
  return [{ do: 'write file', words: { ...(done && { done }), ...(failed && { failed }) } }]
}

/** Operations that nobody calls yet come first. */
const callBelow = (draft: Draft, service: Service, { services }: Reach): Step => {
  const { random, uncalled } = draft
  const all = services.flatMap(to => Object.keys(to.operations).map(op => ({ to, op })))
  const open = all.filter(({ to, op }) => uncalled.has(operationKey(to.name, op)))
  const { to, op } = random.pick(open.length > 0 && random.next() < 0.7 ? open : all)
  return { do: 'call', call: drawCall(draft, service, to, op) }
}

const query = (draft: Draft, service: Service, voice: Voice, database: Service): Step[] => {
  const { random } = draft
  const op = random.pick(Object.keys(database.operations))
  const call = drawCall(draft, service, database, op, 1_000)
  const told = voice.say('query', { table: op.split('.').at(-1)! })
  return [{ do: 'call', call }, ...(random.next() < 0.5 ? say(told) : [])]
}

const lookUp = (
  draft: Draft,
  service: Service,
  voice: Voice,
  cache: Service,
  database: Service,
): Step[] => {
  const { random } = draft
  const call = drawCall(draft, service, cache, 'get', 300)
  const subject = voice.subject()
  const hit = voice.say('hit', subject)
  const miss = voice.say('miss', subject)
  return [
    {
      do: 'cached',
      call: { ...call, timeoutMs: 300 },
      hit: random.pick([0.7, 0.8, 0.9]),
      miss: query(draft, service, voice, database),
      words: { ...(hit && { hit }), ...(miss && { miss }) },
    },
  ]
}
