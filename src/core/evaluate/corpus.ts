import { LogbertError } from '../errors.ts'
import type { EventRow } from '../input/event-rows.ts'
import { createParser } from '../parse/parser.ts'
import type { ParseOptions } from '../pipeline/engine.ts'
import { parserOptions } from '../pipeline/parser-options.ts'
import { learnRecipe } from '../pipeline/recipe.ts'
import { createKeyReader } from '../sequence/key.ts'
import type { LogEvent, LogLine } from '../types.ts'
import type { Corpus } from './evaluate.ts'
import type { LabelledSession } from './partition.ts'

const ignore = (): void => undefined
const SAMPLE = 60_000
const BATCH = 2_000

interface Growing extends Omit<LabelledSession, 'sequence'> {
  events: number[]
}

/**
 * Lines with their sessions: all of them are parsed once to know which line belongs to which
 * session. Sessions that the labels do not name are normal.
 * @throws LogbertError BAD_INPUT when no session key is found or no label belongs to one
 */
export const corpusOfLines = (
  lines: readonly LogLine[],
  labels: ReadonlyMap<string, boolean>,
  session: string,
  parse?: ParseOptions,
): Corpus & { evidence: string; unlabelled: number } => {
  const parser = createParser(parserOptions(parse))
  for (const line of lines) parser.feed(line, ignore)
  parser.flush(ignore)
  const events: LogEvent[] = []
  for (const line of lines) parser.feed(line, event => events.push(event))
  const { recipe, evidence } = learnRecipe(events.slice(0, SAMPLE), { session })
  if (recipe.key === undefined) {
    throw new LogbertError(
      'BAD_INPUT',
      'evaluating failed: labels name sessions, and no session key was found in these lines; give ' +
        `one with --session PATTERN\n${evidence}`,
    )
  }
  const keysOf = createKeyReader(recipe.key)
  const dated = events.every(event => event.dated)
  const sessions = new Map<string, Growing>()
  const keysByLine = events.map((event, i) => {
    const keys = keysOf(event)
    const at = dated ? event.at : i
    for (const key of keys) {
      const known = sessions.get(key)
      if (known === undefined) {
        const odd = labels.get(key) ?? false
        sessions.set(key, { key, odd, start: at, end: at, line: i + 1, events: [event.templateId] })
      } else {
        known.end = Math.max(known.end, at)
        known.events.push(event.templateId)
      }
    }
    return keys
  })
  checkLabels(labels, new Set(sessions.keys()))
  const list = [...sessions.values()].map(({ events: ids, ...rest }) => ({
    ...rest,
    sequence: ids.map(parser.resolve).join(' '),
  }))
  return {
    ...corpusOf(list, lines[0]?.source ?? 'input'),
    evidence,
    unlabelled: list.filter(({ key }) => !labels.has(key)).length,
    only: keys => ({
      format: 'lines',
      open: async function* () {
        const own = lines.filter((_, i) => keysByLine[i]!.some(key => keys.has(key)))
        for (let i = 0; i < own.length; i += BATCH) yield own.slice(i, i + BATCH)
      },
    }),
  }
}

/** Files of sequences: a row is a session, the order of the rows is time. */
export const corpusOfRows = (
  rows: readonly EventRow[],
  labels: ReadonlyMap<string, boolean>,
  source: string,
): Corpus & { unlabelled: number } => {
  checkLabels(labels, new Set(rows.map(({ key }) => key)))
  const ids = new Map<string, number>()
  const idOf = (name: string): number => {
    const id = ids.get(name) ?? ids.size
    ids.set(name, id)
    return id
  }
  const list = rows.map(({ key, events }, i) => ({
    ...{ key, odd: labels.get(key) ?? false, start: i, end: i, line: i + 1 },
    sequence: events.map(idOf).join(' '),
  }))
  return {
    ...corpusOf(list, source),
    unlabelled: list.filter(({ key }) => !labels.has(key)).length,
    only: keys => ({
      format: 'events',
      open: async function* () {
        const own = rows.filter(({ key }) => keys.has(key))
        for (let i = 0; i < own.length; i += BATCH) yield own.slice(i, i + BATCH)
      },
    }),
  }
}

const corpusOf = (sessions: LabelledSession[], source: string) => ({
  sessions,
  source,
  sequences: (keys: ReadonlySet<string>): number[][] =>
    sessions
      .filter(({ key }) => keys.has(key))
      .map(({ sequence }) => sequence.split(' ').map(Number)),
})

const checkLabels = (labels: ReadonlyMap<string, boolean>, keys: ReadonlySet<string>): void => {
  if ([...labels.keys()].some(key => keys.has(key))) return
  const name = (list: Iterable<string>) => [...list].slice(0, 3).join(', ')
  throw new LogbertError(
    'BAD_INPUT',
    `evaluating failed: no label belongs to a session of the input; labels are of ${name(labels.keys())}, ` +
      `sessions are ${name(keys)}; give the session key with --session PATTERN, or other labels`,
  )
}
