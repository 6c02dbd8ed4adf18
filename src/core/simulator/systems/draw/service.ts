import type { Periodic, Role, SelfWords, Service } from '../plan.ts'
import type { Draft } from './draft.ts'
import { draw, type SlotNames } from './slots.ts'
import { createVoice } from './voice.ts'

const LETTERS = 'bcdfghjklmnpqrstvwxz2456789'

const instanceNames = ({ random }: Draft, name: string, count: number, form: string): string[] => {
  const hash = random.text(9, '0123456789abcdef')
  return Array.from({ length: count }, (_, i) =>
    form
      .replace('<name>', name)
      .replace('<hash>', hash)
      .replace('<rand>', random.text(5, LETTERS))
      .replace('<i>', `${i}`)
      .replace('<i1>', `${i + 1}`),
  )
}

export interface ServiceOptions {
  name: string
  role: Role
  instances: number
  /** How the house names instances. */
  form: string
  layout: string
  slots: SlotNames
  used: Set<string>
}

/** A service without operations, with its voice in the draft. */
export const drawService = (draft: Draft, options: ServiceOptions): Service => {
  const { random, family } = draft
  const { name, role, layout, slots, used } = options
  const isData = role === 'database' || role === 'cache' || role === 'broker'
  const logs = role !== 'outside' && (!isData || random.next() < family.dataLogs)
  const at = random.next()
  const tracing =
    isData || at < family.untraced
      ? 'none'
      : at < family.untraced + family.inMessage
        ? 'message'
        : 'field'
  const { language } = family
  const voice = createVoice(random, {
    ...{ language, slots, used },
    ...(tracing === 'message' && { rid: random.pick(['front', 'end'] as const) }),
  })
  draft.voices.set(name, voice)
  const collects = !isData && role !== 'outside' && random.next() < 0.6
  const words: SelfWords = {}
  const put = <K extends keyof SelfWords>(key: K, line: SelfWords[K] | undefined): void => {
    if (line !== undefined) words[key] = line
  }
  put('started', [voice.tell('starting'), voice.tell('ready')])
  put('reloaded', voice.say('reloaded', {}, 0.5))
  if (collects) put('gc', voice.say('gc'))
  put('busy', voice.say('busy'))
  put('poolWait', voice.say('pool wait'))
  put('poolEmpty', voice.say('pool empty'))
  if (role === 'database') put('slowQuery', voice.say('slow query'))
  put('lockWait', voice.say('lock wait'))
  if (role === 'gateway' || role === 'logic') put('removed', voice.say('removed'))
  return {
    ...{ name, role, logs, layout, tracing, words },
    instances: instanceNames(draft, name, options.instances, options.form),
    workers: role === 'database' ? random.int(10, 20) : isData ? 64 : random.int(4, 12),
    queue: random.int(8, 40),
    pool: random.int(2, 5),
    poolWaitMs: random.pick([1_000, 2_000, 5_000]),
    operations: {},
    spare: {
      thrown: [voice.tell('thrown'), voice.tell('thrown')],
      refusal: [voice.tell('refusal')],
      steps: Array.from({ length: 4 }, () => voice.tell('step')),
    },
    periodic: drawPeriodic(draft, name, role, collects),
    reasons: random.pick(language.reasons),
    heap: collects ? random.int(60, 400) : 0,
    slowMs: random.pick([100, 200, 500]),
    version: `${random.int(1, 5)}.${random.int(0, 30)}.${random.int(0, 9)}`,
    writesDisk: role === 'database',
  }
}

const drawPeriodic = (draft: Draft, name: string, role: Role, collects: boolean): Periodic[] => {
  const { random, voices } = draft
  const voice = voices.get(name)!
  const kinds =
    role === 'database'
      ? (['database stats', 'load'] as const)
      : role === 'cache'
        ? (['cache stats'] as const)
        : role === 'broker'
          ? (['broker stats'] as const)
          : role === 'worker'
            ? (['lag', 'refresh', 'health'] as const)
            : collects
              ? (['pool', 'health', 'load', 'refresh', 'memory'] as const)
              : (['pool', 'health', 'load', 'refresh'] as const)
  return draw(random, kinds, random.int(1, 2)).map(kind => ({
    line: voice.tell(kind),
    everyMs: random.int(5, 45) * 1000,
  }))
}
