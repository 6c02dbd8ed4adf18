import { type Operation, type Step, type System, serviceNamed } from '../plan.ts'

type Find = (service: string, op: string) => Operation

/** Lines and ms of steps on average, with all that they call. */
export const estimate = (steps: readonly Step[], find: Find): { lines: number; ms: number } => {
  let lines = 0
  let ms = 0
  const add = (inner: readonly Step[], p: number): void => {
    const part = estimate(inner, find)
    lines += part.lines * p
    ms += part.ms * p
  }
  for (const step of steps) {
    switch (step.do) {
      case 'say':
        lines += 1
        break
      case 'work':
        ms += step.ms
        break
      case 'call':
      case 'publish':
      case 'cached': {
        const { to, op, words } = step.call
        const callee = find(to, op)
        lines += callee.weight + (words.before ? 1 : 0) + (words.after ? 1 : 0)
        ms += callee.ms + 1
        if (step.do === 'cached') {
          add(step.miss, 1 - step.hit)
          lines += step.words.hit || step.words.miss ? 1 : 0
        }
        break
      }
      case 'together': {
        const parts = step.branches.map(branch => estimate(branch, find))
        lines += parts.reduce((sum, part) => sum + part.lines, 0)
        ms += Math.max(...parts.map(part => part.ms))
        break
      }
      case 'maybe':
        add(step.steps, step.p)
        add(step.otherwise ?? [], 1 - step.p)
        break
      case 'repeat':
        add(step.steps, (step.from + step.to) / 2)
        break
      case 'lock':
        add(step.steps, 1)
        break
      case 'write file':
        lines += step.words.done ? 1 : 0
        ms += 3
        break
      default:
    }
  }
  return { lines, ms }
}

/** Notes at every operation how many requests a second come to it. */
export const fillRates = (system: System): void => {
  for (const service of system.services) {
    for (const operation of Object.values(service.operations)) operation.rate = 0
  }
  const visit = (service: string, op: string, rate: number, depth: number): void => {
    const operation = serviceNamed(system, service).operations[op]
    if (operation === undefined || depth > 40) return
    operation.rate += rate
    walk(operation.steps, rate, depth)
  }
  const walk = (steps: readonly Step[], rate: number, depth: number): void => {
    for (const step of steps) {
      if (step.do === 'call' || step.do === 'cached' || step.do === 'publish') {
        visit(step.call.to, step.call.op, rate, depth + 1)
      }
      if (step.do === 'cached') walk(step.miss, rate * (1 - step.hit), depth)
      if (step.do === 'publish') {
        for (const topic of system.topics.filter(({ name }) => name === step.topic)) {
          visit(topic.consumer, topic.op, rate, depth + 1)
        }
      }
      if (step.do === 'together') for (const branch of step.branches) walk(branch, rate, depth)
      if (step.do === 'maybe') {
        walk(step.steps, rate * step.p, depth)
        walk(step.otherwise ?? [], rate * (1 - step.p), depth)
      }
      if (step.do === 'repeat') walk(step.steps, (rate * (step.from + step.to)) / 2, depth)
      if (step.do === 'lock') walk(step.steps, rate, depth)
    }
  }
  for (const { service, op, share } of system.flows) visit(service, op, system.rate * share, 0)
  for (const { service, op, everyMs } of system.jobs) visit(service, op, 1000 / everyMs, 0)
}
