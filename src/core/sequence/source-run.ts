import { type KeyCandidate, placeName } from './key-candidate.ts'
import { type KeyEvidence, type KeySample, weigh } from './key-evidence.ts'

/** Fewer sources may begin alike by chance. */
const MIN_SOURCES = 20
/** Share of the sources that must begin with one of the commonest `BEGINNINGS` templates. */
const MIN_ALIKE = 0.8
const BEGINNINGS = 3
/** Lines of the usual source; logs of things that never end are longer. */
const MAX_LINES = 2000

/**
 * Each source as one session: the log files of containers, jobs or test runs, which begin alike and
 * end. Pieces of endless logs begin anywhere. Undefined where there are too few sources to tell.
 */
export const weighSources = (
  sample: KeySample,
  names: readonly string[],
): { candidate: KeyCandidate; evidence: KeyEvidence } | undefined => {
  if (sample.sourceCount < MIN_SOURCES) return undefined
  const place = { by: 'source' as const }
  const candidate: KeyCandidate = {
    name: placeName(place),
    place,
    lines: Array.from(sample.sources, (_, line) => line),
    values: [...sample.sources],
    names: [...names],
  }
  const evidence = weigh(candidate, sample)
  const count = sample.sourceCount
  const all = {
    ...evidence,
    values: count,
    lasting: [],
    lines: sample.events.length,
    share: 1,
    linesPerValue: sample.events.length / count,
    brief: beginAlike(sample),
    multi: 1,
  }
  if (all.brief < MIN_ALIKE) all.against = 'sources do not begin alike'
  else if (median(sample) > MAX_LINES) all.against = 'sources do not seem to end'
  return { candidate, evidence: all }
}

const beginAlike = ({ sources, events, sourceCount }: KeySample): number => {
  const first = new Map<number, number>()
  sources.forEach((source, line) => {
    if (!first.has(source)) first.set(source, events[line]!)
  })
  const counts = new Map<number, number>()
  for (const event of first.values()) counts.set(event, (counts.get(event) ?? 0) + 1)
  const top = [...counts.values()].sort((a, b) => b - a).slice(0, BEGINNINGS)
  return top.reduce((sum, n) => sum + n, 0) / sourceCount
}

const median = ({ sources, sourceCount }: KeySample): number => {
  const lines = new Int32Array(sourceCount)
  for (const source of sources) lines[source]! += 1
  return lines.sort()[sourceCount >> 1]!
}
