import type { Operation, Service, Step } from '../plan.ts'
import type { Draft } from './draft.ts'
import { work } from './operation.ts'

const said = (draft: Draft, service: Service, kind: 'step', share: number): Step[] => {
  const voice = draft.voices.get(service.name)!
  const line = service.logs && draft.random.next() < share ? voice.tell(kind) : undefined
  return line === undefined ? [] : [{ do: 'say', line }]
}

const operation = (name: string, steps: Step[]): Operation => ({
  ...{ name, rate: 0, steps },
  weight: steps.filter(step => step.do === 'say').length,
  ms: steps.reduce((sum, step) => sum + (step.do === 'work' ? step.ms : 0), 0),
})

/** Statements on a few tables; some writes take a lock on theirs. */
export const drawDatabase = (draft: Draft, service: Service, nouns: readonly string[]): void => {
  const { random, voices } = draft
  const isTold = random.next() < 0.4
  for (const noun of nouns) {
    for (const verb of ['select', 'update']) {
      const name = `${verb}.${noun}`
      const steps: Step[] = [work(draft, 5)]
      if (isTold) steps.push(...said(draft, service, 'step', 1))
      if (verb === 'select') {
        service.operations[name] = operation(name, steps)
        continue
      }
      const wait = service.logs ? voices.get(service.name)!.say('lock wait') : undefined
      const failed = service.logs ? voices.get(service.name)!.say('disk full') : undefined
      const write: Step = { do: 'write file', words: { ...(failed && { failed }) } }
      const words = { ...(wait && { wait }) }
      const locked: Step = { do: 'lock', name: noun, words, steps: [...steps, write] }
      service.operations[name] = { ...operation(name, steps), steps: [locked] }
    }
  }
}

export const drawCache = (draft: Draft, service: Service): void => {
  const steps = [work(draft, 0.5), ...said(draft, service, 'step', 0.2)]
  service.operations.get = operation('get', steps)
}

export const drawBroker = (draft: Draft, service: Service): void => {
  const steps = [work(draft, 1), ...said(draft, service, 'step', 0.2)]
  service.operations.publish = operation('publish', steps)
}

/** Slow, and wrong now and then. */
export const drawOutside = (draft: Draft, service: Service): void => {
  const { random } = draft
  for (let i = random.int(1, 2); i > 0; i--) {
    const name = `request${i}`
    const steps: Step[] = [
      { do: 'work', ms: random.int(40, 180), spread: 0.4 },
      { do: 'maybe', p: random.pick([0.002, 0.005, 0.01]), steps: [{ do: 'throw' }] },
    ]
    service.operations[name] = operation(name, steps)
  }
}
