import type { Parser } from '../parse/parser.ts'
import type { ParserSnapshot } from '../parse/parser-snapshot.ts'
import type { OpenSession } from '../sequence/open-session.ts'
import { openOf, type SequencerState } from '../sequence/session.ts'
import type { LogEvent, LogLine } from '../types.ts'
import type { SessionRecipe } from './recipe.ts'
import type { StreamOptions, StreamState } from './stream-types.ts'

/** The model that takes over. */
export interface Successor {
  recipe: SessionRecipe
  templates: ParserSnapshot
  /** A parser of this snapshot that extends it. */
  open(snapshot: ParserSnapshot): Parser
  fetch?: NonNullable<StreamOptions['fetch']>
  /** The id that a template of this parser counts as; itself when absent. */
  as?(parser: Parser): (id: number) => number
}

export interface Carried {
  parser: Parser
  /** Of the new model, where sessions are made by the same rule; absent otherwise. */
  sequencer?: unknown
  /** Events of what was open, in order, where the rule is another one: to be pushed anew. */
  again: LogEvent[]
  /** Lines of what was open that are gone and so stand as the old template's text. */
  lost: number
}

/** Lines fetched at a time. */
const SLICE = 10_000

/**
 * Hands what is open to another model. Every held line is fetched and read anew, so that its template
 * is what the new model says; where sessions are made by the same rule they stay as they are, else
 * they are built anew from these lines.
 */
export const carry = async (before: StreamState, to: Successor): Promise<Carried> => {
  const parser = to.open(withSources(to.templates, before.parser))
  if (!sameRule(before.recipe, to.recipe)) {
    const state = before.sequencer as SequencerState
    return { parser, ...(await readAnew(notTold(state), to.fetch, parser)) }
  }
  const state = structuredClone(before.sequencer) as SequencerState
  const as = to.as?.(parser) ?? (id => id)
  const held = openOf(state)
  const ids = new Map<number, number>()
  for await (const line of linesOf(positionsOf(held), to.fetch)) {
    ids.set(line.position, as(parser.identify(line)))
  }
  const oldText = new Map(before.parser.templates.templates)
  let lost = 0
  for (const session of held) {
    session.events = session.events.map((event, i) => {
      const id = ids.get(session.lines[i]!)
      if (id !== undefined) return id
      lost++
      return as(parser.intern(oldText.get(event) ?? `template ${event}`))
    })
  }
  return { parser, sequencer: state, again: [], lost }
}

const sameRule = (a: SessionRecipe, b: SessionRecipe): boolean =>
  JSON.stringify([a.key, a.stream, a.window]) === JSON.stringify([b.key, b.stream, b.window])

/** The new model's snapshot with the sources of the stream: headers it does not know, lines that wait. */
export const withSources = (templates: ParserSnapshot, before: ParserSnapshot): ParserSnapshot => {
  const known = new Set(templates.headers.map(([source]) => source))
  const more = before.headers.filter(([source]) => !known.has(source))
  const sources = before.live?.sources ?? []
  return {
    ...templates,
    headers: [...templates.headers, ...more],
    live: { tick: 0, used: [], sources },
  }
}

const positionsOf = (held: readonly OpenSession[]): number[] =>
  [...new Set(held.flatMap(({ lines }) => lines))].sort((a, b) => a - b)

/** What no verdict has told of yet: whole windows that are held for the next one were told. */
const notTold = ({ open, windows }: SequencerState): OpenSession[] => [
  ...open,
  ...windows.flatMap(({ state }) => state.open ?? []),
]

/** Lines by their positions, a slice at a time; those that are gone are left out. */
async function* linesOf(
  positions: readonly number[],
  fetch: Successor['fetch'],
): AsyncGenerator<LogLine & { position: number }> {
  for (let at = 0; fetch !== undefined && at < positions.length; at += SLICE) {
    const slice = positions.slice(at, at + SLICE)
    for (const [i, line] of (await fetch(slice)).entries()) {
      if (line !== undefined) yield { ...line, position: slice[i]! }
    }
  }
}

const readAnew = async (
  held: readonly OpenSession[],
  fetch: Successor['fetch'],
  parser: Parser,
): Promise<{ again: LogEvent[]; lost: number }> => {
  const again: LogEvent[] = []
  const wanted = positionsOf(held)
  let read = 0
  for await (const line of linesOf(wanted, fetch)) {
    read++
    parser.feed(line, event => again.push(event))
  }
  return { again, lost: wanted.length - read }
}
