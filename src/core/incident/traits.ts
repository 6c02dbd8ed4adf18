import type { Anomaly, ExplainedLine } from '../types.ts'
import type { IncidentMark, SignRole } from './incident.ts'
import { plainText } from './plain-text.ts'
import { findRequestIds, isRequestId } from './request-ids.ts'

/** One thing that is odd about an anomaly. */
export interface Sign {
  role: SignRole
  template: string
  /** Share of what is odd about the anomaly, 0 to 1; the shares of all its signs make 1. */
  share: number
}

/** What grouping looks at of an anomaly. */
export interface Traits {
  /** Epoch ms of its first and last odd line. */
  from: number
  to: number
  /** Largest share first; never empty. */
  signs: Sign[]
  /** Where it is odd, largest share first; never empty. */
  sources: { source: string; share: number }[]
  /** Templates of lines, odd or not, of the source where it is oddest: replicas write the same. */
  written: string[]
  /** All sources that the session came through. */
  touched: string[]
  /** Its session, and identifiers of requests in its lines. */
  ids: string[]
  /** Whether it is a stretch of a log and no session with a key. */
  window: boolean
}

const MOST_SIGNS = 8
const MOST_SOURCES = 4
const MOST_WRITTEN = 6
const MOST_TOUCHED = 16
const MOST_IDS = 12
/** Lines that are looked through for ids. */
const MOST_READ = 8
/** Signs and sources with less than this beside the strongest are its company, no reason. */
const LEAST_BESIDE = 0.2
/** Nats beyond which one event is not any odder: 1 in 500 million. */
const MOST_SURPRISE = 20
/** Nats that stand for what is not measured in nats: an end too early, a step left out. */
const ABSENT = 8
const MOST_TEXT = 300
/** Odd lines further apart than this are no one event: a clock jumped, or a window is very long. */
const MOST_SPAN_MS = 60 * 60_000

/**
 * The same for the same anomaly, whatever was seen before.
 * @param latest epoch ms; times beyond are those of a wrong clock, and taken for this
 */
export const traitsOf = (anomaly: Anomaly, latest: number): Traits => {
  const { lines, source, session } = anomaly
  const odd = lines.filter(line => line.odd)
  const { signs, places } = weigh(anomaly, odd)
  const window = session.startsWith(`${source} `)
  const sources = strongest(
    [...places].map(([name, share]) => ({ source: name, share })),
    MOST_SOURCES,
  )
  return {
    ...spanOf(anomaly, odd, latest),
    signs: strongest(signs, MOST_SIGNS),
    sources,
    written: writtenIn(sources[0]!.source, anomaly, odd),
    touched: touchedBy(anomaly),
    ids: idsOf(anomaly, odd, window),
    window,
  }
}

/** What is odd and where, each by the nats of its oddest occurrence. */
const weigh = (
  { source, lines, missing, kind, ending }: Anomaly,
  odd: readonly ExplainedLine[],
): { signs: Sign[]; places: Map<string, number> } => {
  const signs = new Map<string, Sign>()
  const places = new Map<string, number>()
  const say = (role: SignRole, template: string, nats: number, line?: ExplainedLine): void => {
    if (nats > (signs.get(template)?.share ?? 0))
      signs.set(template, { role, template, share: nats })
    const place = line?.source ?? source
    if (line !== undefined) places.set(place, Math.max(places.get(place) ?? 0, nats))
  }
  for (const line of odd) say('odd', line.template, 1 + bounded(line.surprise), line)
  for (const { template, expected, got } of missing) {
    const lack = expected > 0 ? Math.max(0, expected - got) / expected : 0
    say('missing', template, 1 + ABSENT * lack)
  }
  const last = lines.at(-1)
  if (ending !== undefined || kind === 'missing ending') {
    const nats = 1 + (ending === undefined ? ABSENT : bounded(ending.surprise))
    const next = ending?.expected.find(({ templateId }) => templateId !== undefined)
    if (next !== undefined) say('before', next.template, nats, last)
    else if (last !== undefined) say('after', last.template, nats, last)
  }
  if (signs.size === 0) say('odd', last?.template ?? kind, 1, last)
  if (places.size === 0) places.set(source, 1)
  return { signs: [...signs.values()], places }
}

const bounded = (nats: number): number =>
  Number.isFinite(nats) ? Math.min(Math.max(nats, 0), MOST_SURPRISE) : MOST_SURPRISE

/** Those that matter, as shares of each other. */
const strongest = <T extends { share: number }>(parts: T[], most: number): T[] => {
  parts.sort((a, b) => b.share - a.share)
  const least = LEAST_BESIDE * parts[0]!.share
  const kept = parts.filter(({ share }) => share >= least).slice(0, most)
  const whole = kept.reduce((all, { share }) => all + share, 0)
  for (const part of kept) part.share /= whole
  return kept
}

const spanOf = (
  { at }: Anomaly,
  odd: readonly ExplainedLine[],
  latest: number,
): { from: number; to: number } => {
  let [from, to] = odd.length > 0 ? [odd[0]!.at, odd[0]!.at] : [at, at]
  for (const line of odd) {
    from = Math.min(from, line.at)
    to = Math.max(to, line.at)
  }
  const near = (time: number): number =>
    Math.min(Math.max(time, at - MOST_SPAN_MS), at + MOST_SPAN_MS, latest)
  return { from: near(from), to: near(to) }
}

const writtenIn = (
  place: string,
  { source, lines }: Anomaly,
  odd: readonly ExplainedLine[],
): string[] => {
  const written = new Set<string>()
  for (const list of [odd, lines]) {
    for (const line of list) {
      if ((line.source ?? source) === place) written.add(line.template)
      if (written.size === MOST_WRITTEN) return [...written]
    }
  }
  return [...written]
}

const touchedBy = ({ source, lines }: Anomaly): string[] => {
  const touched = new Set([source])
  for (const line of lines) {
    if (line.source !== undefined) touched.add(line.source)
    if (touched.size === MOST_TOUCHED) break
  }
  return [...touched]
}

const idsOf = (
  { lines, source, session }: Anomaly,
  odd: readonly ExplainedLine[],
  window: boolean,
): string[] => {
  const ids = new Set<string>()
  // Short keys (process 4711) mean something within their source only.
  if (!window) ids.add(isRequestId(session) ? session : `${source}\n${session}`)
  const read = odd.length > 0 ? odd : lines
  for (const { text } of read.slice(0, MOST_READ)) findRequestIds(text, ids, MOST_IDS)
  return [...ids]
}

/** An anomaly with the line that shows it best. */
export const markOf = ({ id, at, source, session, score, lines }: Anomaly): IncidentMark => {
  let best = lines.at(-1)
  for (const line of lines) {
    if (line.odd && (best?.odd !== true || line.surprise > best.surprise)) best = line
  }
  const text = plainText(best?.text ?? session, MOST_TEXT)
  return { anomaly: id, at: best?.at ?? at, source: best?.source ?? source, text, score }
}
