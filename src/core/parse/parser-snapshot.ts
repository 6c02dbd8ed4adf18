import { LogbertError } from '../errors.ts'
import type { HeaderPlan } from './header-plan.ts'
import type { SavedSource } from './source-table.ts'
import type { TemplateSnapshot } from './template-store.ts'

/** What a stream of lines has beside what was learned. */
export interface LiveState {
  /** Lines placed so far, and at which of them each group was used last, in the order of groups. */
  tick: number
  used: number[]
  /** Least recently used first. */
  sources: SavedSource[]
}

/** All that a parser has learned, as plain JSON. */
export interface ParserSnapshot {
  kind: 'parser/1'
  /** Header plans by source. */
  headers: [source: string, plan: HeaderPlan][]
  templates: TemplateSnapshot
  /** Keys behind which any word is a value. */
  varyingKeys: string[]
  /** Masked lines that stand for groups, and the template of each (see `MaskedLine`). */
  groups: { gaps: string[]; words: (string | null)[]; solid?: readonly number[]; id: number }[]
  live?: LiveState
}

const fail = (what: string): never => {
  throw new LogbertError(
    'BAD_BUNDLE',
    `cannot read the parser snapshot: ${what}; train again, or use the version that wrote it`,
  )
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isId = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0

const isText = (value: unknown): boolean => typeof value === 'string'

const rows = (value: unknown, name: string, fits: (row: unknown) => boolean): void => {
  if (!Array.isArray(value)) fail(`${name} is no list`)
  const bad = (value as unknown[]).findIndex(row => !fits(row))
  if (bad >= 0) fail(`${name}[${bad}] has the wrong shape`)
}

const isGroup = (row: unknown): boolean =>
  isRecord(row) &&
  isId(row.id) &&
  Array.isArray(row.gaps) &&
  Array.isArray(row.words) &&
  row.gaps.length === row.words.length + 1 &&
  row.gaps.every(isText) &&
  row.words.every(word => word === null || isText(word)) &&
  (row.solid === undefined || (Array.isArray(row.solid) && row.solid.every(isId)))

/** Checks a snapshot that came from outside. Throws BAD_BUNDLE naming what is wrong. */
export const readParserSnapshot = (value: unknown): ParserSnapshot => {
  if (!isRecord(value)) return fail('it is no object')
  if (value.kind !== 'parser/1') fail(`its kind is ${JSON.stringify(value.kind)}, not "parser/1"`)
  const { templates } = value
  if (!isRecord(templates) || !isId(templates.next)) return fail('templates.next is no id')
  rows(
    templates.templates,
    'templates.templates',
    row => Array.isArray(row) && row.length === 2 && isId(row[0]) && isText(row[1]),
  )
  rows(
    templates.aliases,
    'templates.aliases',
    row => Array.isArray(row) && row.length === 3 && isId(row[0]) && isText(row[1]) && isId(row[2]),
  )
  rows(
    value.headers,
    'headers',
    row =>
      Array.isArray(row) &&
      row.length === 2 &&
      isText(row[0]) &&
      isRecord(row[1]) &&
      row[1].kind === 'header/1' &&
      Array.isArray(row[1].layouts),
  )
  rows(value.varyingKeys, 'varyingKeys', isText)
  rows(value.groups, 'groups', isGroup)
  const { live } = value
  if (live !== undefined && !(isRecord(live) && isId(live.tick) && Array.isArray(live.used)))
    return fail('the state of its stream has the wrong shape')
  return value as unknown as ParserSnapshot
}
