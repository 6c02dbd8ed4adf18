import { LogbertError } from '../errors.ts'
import type { EventRow } from '../input/event-rows.ts'
import { createParser, type Parser } from '../parse/parser.ts'
import { createLineLearner, type LineLearner } from '../rca/learn-lines.ts'
import type { RcaModel } from '../rca/model.ts'
import { createSequencer, type Sequencer } from '../sequence/session.ts'
import type { LogEvent, LogLine, Session } from '../types.ts'
import { createDating } from './dating.ts'
import type { LearnProgress, ParseOptions } from './engine.ts'
import { createEventNames, type EventNames } from './event-names.ts'
import { parserOptions } from './parser-options.ts'
import { learnRecipe, type RecipeOptions, type SessionRecipe, sequencerOptions } from './recipe.ts'
import { createSessionSet, type SessionSet } from './session-set.ts'

/** Sessions by key and windows are two populations: each is learned by itself. */
export type Groups = Record<Session['kind'], SessionSet>

export interface Collected {
  groups: Groups
  /** Ids that stand for an event now. */
  resolve(id: number): number
  lines: number
  first?: number
  last?: number
}

export interface CollectedLines extends Collected {
  parser: Parser
  recipe: SessionRecipe
  evidence: string
  /** What root-cause analysis knows of normal time. */
  rca: RcaModel
}

/** Lines, and their characters, from which headers and the session key are learned. */
const SAMPLE_LINES = 60_000
const SAMPLE_CHARS = 32 << 20

const ignore = (): void => undefined

const createGroups = (): Groups => ({ key: createSessionSet(), window: createSessionSet() })

/**
 * Reads a whole log once and folds it into distinct sequences. Its first 60,000 lines are parsed
 * twice: headers of all sources must be known before lines keep their order across sources.
 * @throws LogbertError BAD_INPUT when there is no line.
 */
export const collectLines = async (
  batches: AsyncIterable<LogLine[]>,
  options: RecipeOptions & { parse?: ParseOptions },
  tell: (progress: LearnProgress) => void,
): Promise<CollectedLines> => {
  const parser = createParser(parserOptions(options.parse))
  const groups = createGroups()
  const date = createDating()
  const span: { first?: number; last?: number } = {}
  let lines = 0
  let waiting: LogLine[] | undefined = []
  let chars = 0
  let sequencer: Sequencer | undefined
  let found: ReturnType<typeof learnRecipe> | undefined
  let rca: LineLearner | undefined

  const take = (sessions: readonly Session[]): void => {
    for (const { kind, events } of sessions) groups[kind].add(events)
  }
  const push = (event: LogEvent): void => {
    if (event.dated) {
      span.first = Math.min(span.first ?? event.at, event.at)
      span.last = Math.max(span.last ?? event.at, event.at)
    }
    const dated = date(event)
    rca!.push(dated)
    take(sequencer!.push(dated))
  }
  const settle = (): void => {
    const sample: LogEvent[] = []
    parser.flush(ignore)
    for (const line of waiting ?? []) parser.feed(line, event => sample.push(event))
    parser.flush(event => sample.push(event))
    waiting = undefined
    for (const event of sample) event.templateId = parser.resolve(event.templateId)
    found = learnRecipe(sample, options)
    tell({ phase: 'sessions', note: found.evidence.split('\n')[0]!, evidence: found.evidence })
    sequencer = createSequencer(sequencerOptions(found.recipe))
    rca = createLineLearner(sample, found.recipe.key)
    for (const event of sample) push(event)
  }
  for await (const batch of batches) {
    for (const line of batch) {
      lines++
      parser.feed(line, waiting === undefined ? push : ignore)
      if (waiting === undefined) continue
      waiting.push(line)
      chars += line.text.length
      if (waiting.length >= SAMPLE_LINES || chars >= SAMPLE_CHARS) settle()
    }
    tell({ phase: 'reading', note: `${lines.toLocaleString('en')} lines`, lines })
  }
  if (lines === 0) throw nothing('line')
  if (waiting !== undefined) settle()
  parser.flush(push)
  take(sequencer!.flush())
  return {
    ...{ parser, groups, resolve: parser.resolve, lines, ...span, ...found! },
    rca: rca!.model(parser),
  }
}

/** Reads sessions of named events. @throws LogbertError BAD_INPUT when there is none. */
export const collectRows = async (
  batches: AsyncIterable<EventRow[]>,
  tell: (progress: LearnProgress) => void,
): Promise<Collected & { names: EventNames }> => {
  const names = createEventNames()
  const groups = createGroups()
  let lines = 0
  for await (const rows of batches) {
    for (const row of rows) groups.key.add(row.events.map(names.idOf))
    lines += rows.length
    tell({ phase: 'reading', note: `${lines.toLocaleString('en')} sessions`, lines })
  }
  if (lines === 0) throw nothing('session')
  return { names, groups, resolve: id => id, lines }
}

const nothing = (what: string): LogbertError =>
  new LogbertError(
    'BAD_INPUT',
    `there is nothing to learn from: the input holds no ${what}; check it`,
  )
