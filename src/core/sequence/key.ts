import type { LogEvent } from '../types.ts'
import { collectCandidates, type KeyCandidate } from './key-candidate.ts'
import {
  BINS,
  type KeyEvidence,
  type KeySample,
  predict,
  threadsOf,
  weigh,
} from './key-evidence.ts'
import { learnIdle } from './key-idle.ts'
import type { KeyRule } from './key-rule.ts'
import { joinLabels } from './key-union.ts'
import { codeLengths, singleLengths } from './predictability.ts'
import { weighSources } from './source-run.ts'
import { discoverStream, type StreamChoice } from './stream.ts'

export { createKeyReader, type KeyPlace, type KeyReader, type KeyRule } from './key-rule.ts'

/** What discovery found, with everything it looked at, best first. */
export interface KeyChoice {
  /** Absent when nothing in the log is a session key: windows are used. */
  rule: KeyRule | undefined
  /** What separates the streams that windows are cut from, within a source; often nothing. */
  stream: StreamChoice | undefined
  evidence: KeyEvidence[]
  /** Lines looked at. */
  sample: number
  /** (line, family) pairs not looked at because there were too many families. */
  refused: number
}

interface Weighed {
  candidate: KeyCandidate
  evidence: KeyEvidence
}

/** More lines add nothing to the choice. */
const MAX_SAMPLE = 60_000
/** Share of the lines that must carry a time for the order of several sources to go by it. */
const MIN_DATED = 0.95
/** Families whose predictability is computed; the ones that cover most lines. */
const MAX_PREDICTED = 40
const MIN_VALUES = 5
/** A key of fewer lines would leave nearly everything to windows, and tear holes into them. */
const MIN_SHARE = 0.1

/**
 * Finds the values that tie lines to sessions (blocks, requests, traces, jobs, connections). A
 * session key recurs in lines of several templates; its values come, live briefly and go, where
 * hosts and users stay; and the lines before in the same session tell much about the next one, which
 * they do not when the same values are dealt out at random. Among those that pass, the one that tells
 * most bits over the whole sample wins, which weighs coverage and order in one unit.
 * The sample is a contiguous stretch of the log in order of arrival; 60,000 lines of it are used.
 */
export const discoverKey = (events: readonly LogEvent[]): KeyChoice => {
  const used = inOrder(events.slice(0, MAX_SAMPLE))
  const sample = toSample(used)
  const { candidates: single, refused } = collectCandidates(used)
  const all = [...single, ...joinLabels(single, used.length)].map(candidate => ({
    candidate,
    evidence: weigh(candidate, sample),
  }))
  const weighed = all.filter(({ evidence }) => evidence.values > 0 && evidence.linesPerValue > 1)
  for (const { evidence } of weighed) judgeLife(evidence)
  const whole = weighSources(sample, [...new Set(used.map(event => event.source))])
  if (whole !== undefined) weighed.push(whole)
  const open = weighed
    .filter(({ evidence }) => evidence.against === undefined)
    .sort((a, b) => b.evidence.lines * b.evidence.multi - a.evidence.lines * a.evidence.multi)
  const predicted = open.slice(0, MAX_PREDICTED)
  for (const { evidence } of open.slice(MAX_PREDICTED)) evidence.against = 'covers fewer lines'
  for (const { candidate, evidence } of predicted) {
    predict(evidence, sample, threadsOf(candidate, sample, evidence.lasting, isGlobal(evidence)))
    judgeOrder(evidence)
  }
  weighed.sort((a, b) => rank(b.evidence) - rank(a.evidence))
  preferPure(weighed)
  const best = weighed[0]
  const good = best !== undefined && best.evidence.against === undefined
  const rule = good ? ruleOf(best, sample) : undefined
  return {
    rule,
    // Where nearly every line has a key there is nothing left to separate.
    stream: good && best.evidence.share > 0.9 ? undefined : discoverStream(all, sample),
    evidence: weighed.map(w => w.evidence),
    sample: used.length,
    refused,
  }
}

/**
 * Lines of several sources in order of time: they may come source by source (files one after the
 * other, headers that are learned first). One source keeps its order of arrival.
 */
const inOrder = (events: readonly LogEvent[]): readonly LogEvent[] => {
  const several = events.some(event => event.source !== events[0]!.source)
  const dated = events.filter(event => event.dated).length
  if (!several || dated < MIN_DATED * events.length) return events
  return events.toSorted((a, b) => a.at - b.at)
}

const toSample = (events: readonly LogEvent[]): KeySample => {
  const dense = numbering<number>()
  const origin = numbering<string>()
  const ids = Int32Array.from(events, event => dense.of(event.templateId))
  const sources = Int32Array.from(events, event => origin.of(event.source))
  return {
    events: ids,
    size: dense.size(),
    sources,
    sourceCount: origin.size(),
    bins: binsOf(sources, origin.size()),
    at: Float64Array.from(events, event => (event.dated ? event.at : Number.NaN)),
    stream: codeLengths(ids, sources, dense.size()),
    single: singleLengths(ids, dense.size()),
  }
}

/**
 * Which part of the log each line stands in. Sources that write at the same time share one time
 * line; files that were read one after the other have one each.
 */
const binsOf = (sources: Int32Array, count: number): Uint8Array => {
  let switches = 0
  for (let i = 1; i < sources.length; i++) if (sources[i] !== sources[i - 1]) switches += 1
  if (switches >= 2 * count) {
    return Uint8Array.from(sources, (_, line) => Math.floor((BINS * line) / sources.length))
  }
  const lines = new Int32Array(count)
  const rank = Int32Array.from(sources, source => lines[source]!++)
  return Uint8Array.from(rank, (r, line) => Math.floor((BINS * r) / lines[sources[line]!]!))
}

const numbering = <T>() => {
  const ids = new Map<T, number>()
  const of = (value: T): number => {
    let id = ids.get(value)
    if (id === undefined) {
      id = ids.size
      ids.set(value, id)
    }
    return id
  }
  return { of, size: () => ids.size }
}

const judgeLife = (evidence: KeyEvidence): void => {
  if (evidence.values < MIN_VALUES) evidence.against = `fewer than ${MIN_VALUES} values come and go`
  else if (evidence.share * evidence.multi < MIN_SHARE) {
    evidence.against = `ties less than ${100 * MIN_SHARE} % of the lines together`
  } else if (evidence.multi < 0.5) evidence.against = 'values stay within one template'
  else if (evidence.brief < 0.5) evidence.against = 'values are spread over the whole log'
}

const judgeOrder = (evidence: KeyEvidence): void => {
  const { key, shuffled } = evidence.bits!
  if (key > 0.9 * shuffled) evidence.against = 'its sequences are no more alike than shuffled ones'
}

/** Bits told count first; what failed comes after, by how many lines it covers. */
const rank = (evidence: KeyEvidence): number =>
  evidence.against === undefined ? 1 + evidence.told! : evidence.share - 2

/** A purer family may tell this much less, and must do without this share of the values. */
const PURE_TOLD = 0.95
const PURE_VALUES = 0.8

/**
 * Puts a part of the best family first when it tells nearly as much: of all UUIDs in a log those
 * behind `instance` may be the sessions, and the others (ports, images) only make noise beside them.
 */
const preferPure = (sorted: Weighed[]): void => {
  const best = sorted[0]
  if (best === undefined || best.evidence.against !== undefined) return
  const values = new Set(best.candidate.names)
  const pure = sorted.findIndex(
    ({ candidate, evidence }) =>
      evidence.against === undefined &&
      evidence.told! >= PURE_TOLD * best.evidence.told! &&
      evidence.values <= PURE_VALUES * best.evidence.values &&
      candidate.names.every(name => values.has(name)),
  )
  if (pure > 0) sorted.unshift(...sorted.splice(pure, 1))
}

/** A trace passes between sources; a process id only happens to be in several. */
const isGlobal = ({ crossing, coinciding }: KeyEvidence): boolean =>
  crossing > 0.01 && crossing > coinciding

const ruleOf = (best: Weighed, sample: KeySample): KeyRule => {
  const { place, lasting } = best.evidence
  const global = isGlobal(best.evidence)
  const threads = threadsOf(best.candidate, sample, lasting, global)
  return {
    place,
    scope: global ? 'global' : 'source',
    ...(lasting.length > 0 && { except: lasting }),
    ...learnIdle(sample, threads),
  }
}
