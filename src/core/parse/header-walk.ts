import { endTrials, openTrials, type Trial, type WalkState, wideTag } from './header-columns.ts'
import type { HeaderItem } from './header-plan.ts'
import type { ZoneOffset } from './time-zone.ts'

/** Most items of a header: more is no header. */
const ITEMS_MAX = 24
/** Words that may stand between the time and a level: host, kind, facility, … */
const WORDS_MAX = 4

const advance = (state: WalkState, trial: Trial): void => {
  state.items.push(...trial.items)
  trial.next.forEach((at, i) => {
    if (state.at[i]! >= 0) state.at[i] = at
  })
  trial.apply?.(state)
}

const INK = /\S+/y

/** Every line's position behind its next word; -1 where there is none. */
const skipWord = (state: WalkState, from: readonly number[]): number[] =>
  from.map((at, i) => {
    if (at < 0) return -1
    let start = at
    while (state.lines[i]![start] === ' ' || state.lines[i]![start] === '\t') start += 1
    INK.lastIndex = start
    const word = INK.exec(state.lines[i]!)
    return word === null ? -1 : start + word[0].length
  })

/** An anchor behind one to four words: those then belong to the header too. */
const beyondWords = (state: WalkState): Trial | undefined => {
  let at: readonly number[] = state.at
  const items: HeaderItem[] = []
  for (let words = 1; words <= WORDS_MAX; words += 1) {
    at = skipWord(state, at)
    items.push({ kind: 'word', role: 'word' })
    const trial = endTrials(state, at, words)
    if (trial !== undefined) return { ...trial, items: [...items, ...trial.items] }
  }
  return undefined
}

/**
 * Walks all lines from behind their first time, column by column, as long as nearly all of them
 * (the share each kind of column asks for) go on alike, and says what the columns are. What is not
 * surely header is left to the message.
 */
export const walkHeader = (
  lines: readonly string[],
  at: readonly number[],
  inBracket: boolean,
  zone: ZoneOffset,
): WalkState => {
  const state: WalkState = {
    ...{ lines, at: [...at], zone, items: [], inBracket, delimiter: '' },
    ...{ level: false, tagged: false, separated: false, closed: false, mark: '' },
  }
  let anchor = { items: 0, at: [...at] }
  while (state.items.length < ITEMS_MAX && !state.closed) {
    const trial = openTrials(state) ?? beyondWords(state) ?? wideTag(state)
    if (trial === undefined) break
    advance(state, trial)
    if (trial.items.some(({ kind }) => ANCHORS.has(kind)) && !takesAll(state)) {
      anchor = { items: state.items.length, at: [...state.at] }
    }
  }
  if (takesAll(state)) {
    state.items.length = anchor.items
    state.at = anchor.at
  }
  return state
}

/** What no message begins with by chance. */
const ANCHORS: ReadonlySet<HeaderItem['kind']> = new Set(['time', 'level', 'letter', 'tag'])
/** Share of the lines that may have nothing to say behind their header. */
const SILENT = 0.2

/**
 * Whether the columns reach to the end of too many lines: messages that are all alike look like
 * columns, too.
 */
const takesAll = ({ lines, at }: WalkState): boolean => {
  const read = at.flatMap((from, i) => (from < 0 ? [] : [lines[i]!.slice(from)]))
  return read.filter(rest => rest.trim() === '').length > SILENT * read.length
}
