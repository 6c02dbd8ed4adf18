import { createParser } from '../parse/parser.ts'
import type { ParserSnapshot } from '../parse/parser-snapshot.ts'
import { createTemplateStore } from '../parse/template-store.ts'
import type { SequenceSet } from '../sequence/sequence-set.ts'
import type { Session } from '../types.ts'
import type { ParseOptions } from './engine.ts'
import { parserOptions } from './parser-options.ts'

/** A session that a person called normal. */
export interface NormalSession {
  /** Its templates in order, as text. */
  session: readonly string[]
  kind: Session['kind']
}

/** The same in the numbers of one training. */
export interface TaughtSession {
  events: number[]
  kind: Session['kind']
}

export interface Taught {
  sessions: TaughtSession[]
  /** Templates that the input did not have. */
  unseen: number
}

/**
 * Finds the templates of sessions that people called normal among those of a fresh parser: by their
 * text, else by what the parser makes of it. One that the input never had gets a number of its own:
 * a line that gives this text in serving is that template then.
 * @returns the snapshot with those, and the sessions
 */
export const teachTemplates = (
  normals: readonly NormalSession[],
  snapshot: ParserSnapshot,
  parse: ParseOptions | undefined,
): Taught & { snapshot: ParserSnapshot } => {
  if (normals.length === 0) return { sessions: [], unseen: 0, snapshot }
  const store = createTemplateStore(snapshot.templates)
  const options = parserOptions({ ...parse, header: 'none' })
  const parser = createParser({ ...options, mode: 'frozen', headerLines: 1 }, snapshot)
  const match = (text: string): number => {
    let id = -1
    // What stands in a gap is a value to every masker.
    const line = { text: text.replaceAll('<*>', '0'), source: '', arrived: 0 }
    parser.feed(line, event => {
      id = event.templateId
    })
    return id
  }
  let unseen = 0
  const known = new Map<string, number>()
  const idOf = (text: string): number => {
    let id = known.get(text) ?? store.find(text)
    if (id < 0) id = match(text)
    if (id < 0) {
      id = store.intern(text)
      unseen++
    }
    known.set(text, id)
    return id
  }
  const sessions = normals.map(({ session, kind }) => ({ events: session.map(idOf), kind }))
  return { sessions, unseen, snapshot: { ...snapshot, templates: store.snapshot() } }
}

/** The same among names of events; sessions with a name that the input never had are left out. */
export const teachNames = (normals: readonly NormalSession[], names: readonly string[]): Taught => {
  const ids = new Map(names.map((name, id) => [name, id]))
  const sessions = normals.flatMap(({ session, kind }) => {
    const events = session.map(name => ids.get(name) ?? -1)
    return events.includes(-1) ? [] : [{ events, kind }]
  })
  return { sessions, unseen: 0 }
}

/**
 * A session is ordinary to the count voice when its three nearest neighbours are its like, itself
 * left out. Fewer copies are odd themselves and raise the threshold for what they resemble; 8 and 16
 * teach no more (simulated shop, 1,800 and 14,400 sessions).
 */
const COPIES = 4

/** Adds what was taught to a training set, each session as if it had come a few times. */
export const withTaught = (
  { sequences, weights }: SequenceSet,
  taught: readonly (readonly number[])[],
): SequenceSet => {
  const rows = new Map(sequences.map((sequence, row) => [sequence.join(' '), row]))
  const all = { sequences: [...sequences], weights: [...weights] }
  for (const events of taught) {
    const key = events.join(' ')
    const row = rows.get(key)
    if (row !== undefined) {
      all.weights[row]! += COPIES
      continue
    }
    rows.set(key, all.sequences.length)
    all.sequences.push([...events])
    all.weights.push(COPIES)
  }
  return all
}
