import { createParser } from '../parse/parser.ts'
import { readParserSnapshot } from '../parse/parser-snapshot.ts'
import { createKeyReader } from '../sequence/key-rule.ts'
import type { Bundle } from '../store/bundle.ts'
import type { LogEvent, LogLine } from '../types.ts'
import { withSources } from './carry.ts'
import { readModelParts } from './model-parts.ts'
import { parserOptions } from './parser-options.ts'
import { notOfLines } from './stream.ts'
import type { LogStream, SortedLine, StreamDetection, StreamOptions } from './stream-types.ts'

const MOST_SOURCES = 20_000
/** Longest wait of lines for the header of their source to be known, ms. */
const MOST_WAIT_MS = 2_000

/**
 * Tells which session each line belongs to, and no more: where the lines of one session come in
 * several partitions, this is what sorts them. It looks like a stream, so that it is fed, saved and
 * restarted as one.
 */
export const openSorter = async (
  bundle: Bundle,
  { state, fetch = async () => [] }: StreamOptions,
): Promise<LogStream> => {
  const parts = readModelParts(bundle.calibration)
  const { recipe } = parts
  if (recipe === undefined) throw notOfLines(bundle)
  const { name, version } = bundle.manifest
  const learned = readParserSnapshot(bundle.templates)
  const same = state?.model.version === version
  const parser = createParser(
    { ...parserOptions(parts.parse), mode: 'extend', maxSources: MOST_SOURCES },
    same ? readParserSnapshot(state?.parser) : state ? withSources(learned, state.parser) : learned,
  )
  const keysOf = recipe.key === undefined ? () => [] : createKeyReader(recipe.key)
  const global = recipe.key?.scope === 'global'
  let lines = state?.totals.lines ?? 0
  let waited = state?.waited ?? 0
  let events = [...(state?.sorting ?? [])]

  const push = ({ line, source, ...event }: LogEvent): void => {
    events.push({ position: line, source, keys: keysOf({ ...event, line, source }) })
  }
  /** In the order of the input: what waits for its header holds back what came after it. */
  const finish = async (): Promise<StreamDetection> => {
    const first = parser.held().reduce((least, each) => Math.min(least, each), Infinity)
    const ready = events
      .filter(({ position }) => position < first)
      .sort((a, b) => a.position - b.position)
    events = events.filter(({ position }) => position >= first)
    const raw = await fetch(ready.map(({ position }) => position))
    const sorted = ready.flatMap(({ position, source, keys }, i): SortedLine[] => {
      const found: LogLine | undefined = raw[i]
      if (found === undefined) return []
      const line = { ...found, position }
      if (keys.length === 0) return [{ line, group: source }]
      return keys.map(key => ({ line, key, group: global ? key : `${source} ${key}` }))
    })
    return { verdicts: [], anomalies: [], courses: [], failed: [], sorted }
  }
  return {
    model: { name, version },
    feed(given) {
      lines += given.length
      for (const line of given) parser.feed(line, push)
      return finish()
    },
    tick(ms) {
      waited += ms
      if (waited >= MOST_WAIT_MS) {
        waited = 0
        parser.flush(push)
      }
      return finish()
    },
    end() {
      parser.flush(push)
      return finish()
    },
    // Others wait for its word that nothing came.
    waiting: true,
    warm: async () => false,
    teach: () => undefined,
    held: () => [...parser.held(), ...events.map(({ position }) => position)],
    templates: () => [],
    state: () => ({
      kind: 'sorter/1',
      model: { name, version },
      ...{ parser: parser.state(), recipe, waited, totals: { lines, sessions: 0, lost: 0 } },
      ...(events.length > 0 && { sorting: events }),
      ...{ sequencer: undefined, drift: {}, times: [], strange: [], usage: [], closed: [] },
    }),
    get stats() {
      const { cutLines, sources, templates } = parser.stats
      return {
        ...{
          lines,
          sessions: 0,
          lost: 0,
          open: 0,
          held: 0,
          late: 0,
          evicted: 0,
          hits: 0,
          misses: 0,
        },
        ...{ sources, templates, unseen: 0, cut: cutLines },
      }
    },
  }
}
