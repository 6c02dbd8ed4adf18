import type { KeyCandidate } from './key-candidate.ts'
import type { KeyPlace } from './key-rule.ts'
import { codeLengths, type Threads } from './predictability.ts'

/** A sample of a log as dense numbers: the same for every candidate. */
export interface KeySample {
  /** Template number of each line. */
  events: Int32Array
  /** Number of distinct templates. */
  size: number
  /** Source number of each line. */
  sources: Int32Array
  sourceCount: number
  /** Which of `BINS` equal parts of the log, or of its source, a line stands in. */
  bins: Uint8Array
  /** Event time in epoch ms; NaN for lines without one. */
  at: Float64Array
  /** Code length of each line in the stream of its source, and by template frequency, in bits. */
  stream: Float64Array
  single: Float64Array
}

/** A log is looked at in this many equal parts to see how long values live. */
export const BINS = 20

/** What speaks for and against one family of values as session key. */
export interface KeyEvidence {
  name: string
  place: KeyPlace
  /** Lines that carry it, and their share of the sample. */
  lines: number
  share: number
  /** Distinct values, lasting ones left out. */
  values: number
  linesPerValue: number
  /** Mean number of distinct templates of the values that stand in more than one line. */
  templatesPerValue: number
  /** Share of the covered lines whose value stands in lines of at least two templates. */
  multi: number
  /** 1: each value lives in one part of the log; 0: values are spread as if by chance. */
  brief: number
  /** Values in most parts of the log: they name something lasting. */
  lasting: string[]
  /**
   * Bits a covered line costs: by template frequency alone, in the stream of its source, in the
   * session of this key, in sessions of the same values dealt out at random.
   */
  bits?: { single: number; stream: number; key: number; shuffled: number }
  /** Bits that the key tells about a line of the sample, on average: (single − key) × share. */
  told?: number
  /** Share of the repeating values that pass from one source to another within a short time. */
  crossing: number
  /** Share that turn up in another source at another time: the same number by coincidence. */
  coinciding: number
  /** Why it is no session key; absent when it may be one. */
  against?: string
}

/** Figures of the values of one candidate after the lasting ones are left out. */
interface Rows {
  line: number[]
  value: number[]
}

const lifeOf = (candidate: KeyCandidate, sample: KeySample) => {
  const count = new Int32Array(candidate.names.length)
  const bins = new Uint32Array(candidate.names.length)
  for (let i = 0; i < candidate.lines.length; i++) {
    const value = candidate.values[i]!
    count[value]! += 1
    bins[value]! |= 1 << sample.bins[candidate.lines[i]!]!
  }
  return { count, parts: bins.map(bitCount) }
}

const bitCount = (bits: number): number => {
  let n = 0
  for (let b = bits; b !== 0; b &= b - 1) n++
  return n
}

/** Expected number of parts that `count` lines fall into by chance. */
const partsByChance = (count: number): number => BINS * (1 - (1 - 1 / BINS) ** count)

/** A value in four of five parts of the log names a thing that lasts. */
const LASTING_PARTS = 0.8 * BINS

export const weigh = (candidate: KeyCandidate, sample: KeySample): KeyEvidence => {
  const { count, parts } = lifeOf(candidate, sample)
  const lasts = (value: number): boolean => parts[value]! >= LASTING_PARTS
  const rows = without(candidate, lasts)
  const { templates, covered, multiLines, crossing, coinciding } = spread(
    rows,
    candidate.names.length,
    sample,
  )
  let excess = 0
  let chance = 0
  let values = 0
  let repeating = 0
  let kinds = 0
  for (let v = 0; v < count.length; v++) {
    if (lasts(v)) continue
    values += 1
    if (count[v]! < 2) continue
    repeating += 1
    kinds += templates[v]!
    excess += parts[v]! - 1
    chance += partsByChance(count[v]!) - 1
  }
  return {
    name: candidate.name,
    place: candidate.place,
    lines: covered,
    share: covered / sample.events.length,
    values,
    linesPerValue: values === 0 ? 0 : rows.line.length / values,
    templatesPerValue: repeating === 0 ? 0 : kinds / repeating,
    multi: covered === 0 ? 0 : multiLines / covered,
    brief: chance === 0 ? 0 : 1 - excess / chance,
    lasting: candidate.names.filter((_, v) => lasts(v)),
    crossing: repeating === 0 ? 0 : crossing / repeating,
    coinciding: repeating === 0 ? 0 : coinciding / repeating,
  }
}

const without = (candidate: KeyCandidate, leftOut: (value: number) => boolean): Rows => {
  const rows: Rows = { line: [], value: [] }
  candidate.values.forEach((value, i) => {
    if (leftOut(value)) return
    rows.line.push(candidate.lines[i]!)
    rows.value.push(value)
  })
  return rows
}

/** Distinct templates of each value, and how many lines belong to rich values. */
const spread = (rows: Rows, size: number, sample: KeySample) => {
  const seen = new Set<number>()
  const templates = new Int32Array(size)
  rows.value.forEach((value, i) => {
    const pair = value * sample.size + sample.events[rows.line[i]!]!
    if (seen.has(pair)) return
    seen.add(pair)
    templates[value]! += 1
  })
  const lines = new Set<number>()
  const rich = new Set<number>()
  rows.value.forEach((value, i) => {
    lines.add(rows.line[i]!)
    if (templates[value]! > 1) rich.add(rows.line[i]!)
  })
  return { templates, covered: lines.size, multiLines: rich.size, ...passages(rows, size, sample) }
}

/** By chance two lines lie a third of the log apart; a trace passes on much faster. */
const NEAR = 0.05

/** How many values pass between sources at once, and how many only turn up in several. */
const passages = (rows: Rows, size: number, sample: KeySample) => {
  const near = NEAR * sample.events.length
  const last = new Int32Array(size).fill(-1)
  const passed = new Int8Array(size)
  rows.value.forEach((value, i) => {
    const line = rows.line[i]!
    const before = last[value]!
    last[value] = line
    if (before < 0 || sample.sources[before] === sample.sources[line]) return
    if (line - before <= near) passed[value] = 1
    else if (passed[value] === 0) passed[value] = -1
  })
  let crossing = 0
  let coinciding = 0
  for (const way of passed) {
    if (way > 0) crossing += 1
    else if (way < 0) coinciding += 1
  }
  return { crossing, coinciding }
}

/** The sessions that a candidate makes of the sample; `global` joins a value across sources. */
export const threadsOf = (
  candidate: KeyCandidate,
  sample: KeySample,
  lasting: readonly string[],
  global: boolean,
): Threads => {
  const out = new Set(lasting)
  const rows = without(candidate, value => out.has(candidate.names[value]!))
  const ids = new Map<number, number>()
  const thread = rows.value.map((value, i) => {
    const key = global ? value : value * sample.sourceCount + sample.sources[rows.line[i]!]!
    let id = ids.get(key)
    if (id === undefined) {
      id = ids.size
      ids.set(key, id)
    }
    return id
  })
  return { line: Int32Array.from(rows.line), thread: Int32Array.from(thread), threads: ids.size }
}

/** Adds what the key does to the predictability of the lines. */
export const predict = (evidence: KeyEvidence, sample: KeySample, threads: Threads): void => {
  const keyed = codeLengths(sample.events, sample.sources, sample.size, threads)
  const mixed = codeLengths(sample.events, sample.sources, sample.size, shuffled(threads))
  let single = 0
  let stream = 0
  let key = 0
  let chance = 0
  let covered = 0
  let previous = -1
  for (const line of threads.line) {
    if (line === previous) continue
    previous = line
    covered += 1
    single += sample.single[line]!
    stream += sample.stream[line]!
    key += keyed[line]!
    chance += mixed[line]!
  }
  evidence.bits = {
    single: single / covered,
    stream: stream / covered,
    key: key / covered,
    shuffled: chance / covered,
  }
  evidence.told = ((single - key) / covered) * evidence.share
}

/** The same sessions with their lines dealt out anew (a fixed linear congruential shuffle). */
const shuffled = (threads: Threads): Threads => {
  const thread = threads.thread.slice()
  let state = 1
  for (let i = thread.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const j = state % (i + 1)
    const kept = thread[i]!
    thread[i] = thread[j]!
    thread[j] = kept
  }
  return { ...threads, thread }
}
