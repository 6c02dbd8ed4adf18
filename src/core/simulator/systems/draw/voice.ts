import type { Level } from '../../../types.ts'
import type { Random } from '../../random.ts'
import type { Line } from '../plan.ts'
import type { Language, LineKind, Manner } from '../words/language.ts'
import { draw, type SlotNames } from './slots.ts'

/** What a line speaks of; what is left out is drawn. */
export interface Subject {
  noun?: string
  verb?: readonly [string, string, string]
  peer?: string
  topic?: string
  table?: string
}

/** How one service words its lines. */
export interface Voice {
  /** A line of this kind, or none where the service does not talk about it. */
  say(kind: LineKind, subject?: Subject, share?: number): Line | undefined
  /** The same, always. */
  tell(kind: LineKind, subject?: Subject): Line
  subject(): Required<Pick<Subject, 'noun' | 'verb'>>
  /** In [0, 1): how it refers to others. */
  peerForm: number
}

const LEVELS: Partial<Record<LineKind, Level>> = {
  retry: 'warn',
  'call failed': 'error',
  degraded: 'warn',
  breaker: 'warn',
  'slow call': 'warn',
  busy: 'warn',
  failed: 'error',
  thrown: 'error',
  'slow query': 'warn',
  'pool wait': 'warn',
  'pool empty': 'error',
  'lock wait': 'warn',
  'disk full': 'error',
  refusal: 'warn',
  removed: 'warn',
}

/** How many services talk about a thing at all. */
const SHARES: Partial<Record<LineKind, number>> = {
  enter: 0.85,
  leave: 0.75,
  call: 0.35,
  called: 0.3,
  retry: 0.75,
  'call failed': 0.85,
  degraded: 0.7,
  breaker: 0.7,
  'slow call': 0.4,
  busy: 0.7,
  failed: 0.6,
  thrown: 0.7,
  query: 0.35,
  'slow query': 0.8,
  'pool wait': 0.5,
  'pool empty': 0.7,
  hit: 0.4,
  miss: 0.4,
  publish: 0.6,
  'lock wait': 0.6,
  file: 0.7,
  'disk full': 0.7,
  gc: 0.6,
  memory: 0.3,
  removed: 0.15,
}

/** Lines that an instance writes about itself carry no request id. */
const OWN: ReadonlySet<LineKind> = new Set([
  'starting',
  'ready',
  'stopped',
  'reloaded',
  'gc',
  'memory',
  'health',
  'pool',
  'lag',
  'cache stats',
  'database stats',
  'broker stats',
  'load',
  'refresh',
  'removed',
])

export interface VoiceOptions {
  language: Language
  slots: SlotNames
  /** Texts of the whole system: no two are the same. */
  used: Set<string>
  /** Where request lines bear the id. */
  rid?: 'front' | 'end'
}

const capital = (text: string): string => text[0]!.toUpperCase() + text.slice(1)

export const createVoice = (random: Random, options: VoiceOptions): Voice => {
  const { language, slots, used } = options
  const manner: Manner = random.pick(language.manners)
  const nouns = draw(random, language.nouns, 6)
  const verbs = draw(random, language.verbs, 6)
  const classes = draw(random, nouns, 3).map(noun => capital(noun) + random.pick(language.classes))
  const ids = draw(random, slots.ids, 2)
  const keeps = new Map<LineKind, boolean>()
  const choices = new Map<LineKind, string>()

  /** Wordings of calls, errors and waits are of a piece; steps differ. */
  const phrase = (kind: LineKind): string => {
    if (kind === 'step' || kind === 'branch') return random.pick(manner[kind])
    const known = choices.get(kind) ?? random.pick(manner[kind])
    choices.set(kind, known)
    return known
  }
  const fill = (text: string, subject: Subject): string => {
    const verb = subject.verb ?? random.pick(verbs)
    const noun = subject.noun ?? random.pick(nouns)
    const words: Record<string, () => string> = {
      noun: () => noun,
      Noun: () => capital(noun),
      noun2: () => random.pick(nouns),
      op: () => verb[0],
      Op: () => capital(verb[0]),
      done: () => verb[1],
      Done: () => capital(verb[1]),
      doing: () => verb[2],
      peer: () => subject.peer ?? '{peer}',
      topic: () => subject.topic ?? `${noun}.${verb[1]}`,
      table: () => subject.table ?? `${noun}s`,
      Class: () => random.pick(classes),
      id: () => `{${random.pick(ids)}}`,
      n: () => `{${random.pick(slots.numbers)}}`,
      n2: () => `{${random.pick(slots.numbers)}}`,
      size: () => `{${random.pick(slots.sizes)}}`,
      w: () => `{${random.pick(slots.words)}}`,
      path: () => `/var/data/${noun}/{hex8}`,
      port: () => String(random.int(3000, 9999)),
      hex: () => '{hex8}',
    }
    return text.replace(/<(\w+)>/g, (whole, name: string) => words[name]?.() ?? whole)
  }
  const finish = (kind: LineKind, text: string): Line => {
    const level = LEVELS[kind] ?? (kind === 'step' && random.next() < 0.15 ? 'debug' : 'info')
    if (OWN.has(kind) || options.rid === undefined) return { level, text }
    return { level, text: options.rid === 'front' ? `{rid} ${text}` : `${text} ({rid})` }
  }
  const tell = (kind: LineKind, subject: Subject = {}): Line => {
    let text = ''
    for (let tries = 0; tries < 12; tries++) {
      text = fill(phrase(kind), subject)
      if (!used.has(text)) break
    }
    used.add(text)
    return finish(kind, text)
  }
  return {
    tell,
    say: (kind, subject, share = SHARES[kind] ?? 1) => {
      const isKept = keeps.get(kind) ?? random.next() < share
      keeps.set(kind, isKept)
      return isKept ? tell(kind, subject) : undefined
    },
    peerForm: random.next(),
    subject: () => ({ noun: random.pick(nouns), verb: random.pick(verbs) }),
  }
}
