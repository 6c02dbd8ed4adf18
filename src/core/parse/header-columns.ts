import type { HeaderItem } from './header-plan.ts'
import { bestPattern, timeRank } from './header-time.ts'
import { levelOfLetter, levelOfWord } from './level.ts'
import { findTag, groupEnd, levelEnd, type TagSpan } from './plain-reader.ts'
import { guessTimes } from './time-guess.ts'
import type { ZoneOffset } from './time-zone.ts'

/** Where the walk stands: a position in every line, and what it has passed. */
export interface WalkState {
  lines: readonly string[]
  /** Position in each line; -1 where the line has left the common layout. */
  at: number[]
  zone: ZoneOffset
  items: HeaderItem[]
  /** Inside a bracket that opened before the time. */
  inBracket: boolean
  /** Character between the fields of a delimited layout, or ''. */
  delimiter: string
  level: boolean
  tagged: boolean
  /** Behind a mark that sets the message off: ` - `, `: `. */
  separated: boolean
  /** The last punctuation passed. */
  mark: string
  closed: boolean
}

/** A column that the lines have in common: its items, and each line's position behind it. */
export interface Trial {
  items: HeaderItem[]
  next: number[]
  apply?(state: WalkState): void
}

type Columns = readonly number[]

const NEARLY_ALL = 0.9

const alive = (at: Columns): number => at.reduce((sum, value) => sum + (value >= 0 ? 1 : 0), 0)

const skip = (line: string, from: number): number => {
  let at = from
  while (line[at] === ' ' || line[at] === '\t') at += 1
  return at
}

const mapLines = (
  state: WalkState,
  at: Columns,
  step: (line: string, from: number) => number,
): number[] =>
  at.map((from, i) => (from < 0 ? -1 : step(state.lines[i]!, skip(state.lines[i]!, from))))

/** Share of all lines of the walk that came through. */
const share = (state: WalkState, next: Columns): number => alive(next) / state.lines.length

const texts = (state: WalkState, from: Columns, to: Columns): string[] =>
  to.flatMap((end, i) =>
    end < 0 ? [] : [state.lines[i]!.slice(skip(state.lines[i]!, from[i]!), end)],
  )

const distinct = (values: readonly string[]): number => new Set(values).size

/** Names and not numbers: digits do not make two values two kinds. */
const kinds = (values: readonly string[]): number =>
  distinct(values.map(value => value.replace(/\d+/g, '0')))

/** Few enough kinds of values for a column of names. */
const few = (count: number, of: number): boolean => count <= Math.max(6, 2 * Math.sqrt(of))

const tally = (values: readonly string[]): [string, number][] => {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1])
}

const GAP =
  /(?:[ \t]|[,;:|\])}>](?![^\s,;:|\])}>[({<"'\w#*%/-])|[-=>*#~.]+(?=[ \t])(?<=[ \t][-=>*#~.]+))*/y

/** Punctuation and blanks that stand between two columns. */
const gap = (state: WalkState, at: Columns): Trial | undefined => {
  const raw = at.map((from, i) => {
    if (from < 0) return undefined
    GAP.lastIndex = from
    const text = (GAP.exec(state.lines[i]!)?.[0] ?? '').replace(/[ \t]+/g, ' ')
    // One delimiter at a time: the next field may be empty.
    const cut = state.delimiter === '' ? -1 : text.indexOf(state.delimiter)
    return cut < 0 ? text : text.slice(0, cut + 1)
  })
  const some = raw.filter(text => text !== undefined)
  let text = tally(some)[0]?.[0] ?? ''
  const covers = (): boolean =>
    some.filter(other => other.startsWith(text)).length >= NEARLY_ALL * state.lines.length
  while (text.trim() !== '' && !covers()) text = text.slice(0, -1)
  if (text.trim() === '') return undefined
  return {
    items: [{ kind: 'text', text }],
    next: at.map((from, i) =>
      from < 0 || !raw[i]!.startsWith(text) ? -1 : endOf(state, i, from, text),
    ),
    apply: walk => {
      if (/[\])}>]/.test(text)) walk.inBracket = false
      if (walk.delimiter === '' && text === ':') walk.delimiter = ':'
      const afterTime = walk.items.at(-2)?.kind === 'time'
      if (/[:|]|[-=>]/.test(text) && walk.delimiter === '' && !afterTime) walk.separated = true
      walk.mark = text
    },
  }
}

const endOf = (state: WalkState, i: number, from: number, text: string): number => {
  const line = state.lines[i]!
  let at = from
  for (const char of text) at = char === ' ' ? skip(line, at) : skip(line, at) === at ? at + 1 : -1
  return at
}

const OPEN = '[(<{'
const CLOSE: Record<string, string> = { '[': ']', '(': ')', '<': '>', '{': '}' }

/** A bracket that nearly all lines have here, or ''. */
const opener = (state: WalkState, at: Columns): string => {
  const chars = at.flatMap((from, i) =>
    from < 0 ? [] : [state.lines[i]![skip(state.lines[i]!, from)] ?? ''],
  )
  const top = tally(chars)[0]
  return top !== undefined && OPEN.includes(top[0]) && top[1] >= NEARLY_ALL * state.lines.length
    ? top[0]
    : ''
}

const behind = (state: WalkState, at: Columns, open: string): number[] =>
  open === '' ? [...at] : mapLines(state, at, (line, from) => (line[from] === open ? from + 1 : -1))

const time = (state: WalkState, at: Columns): Trial | undefined => {
  const open = opener(state, at)
  const start = mapLines(state, behind(state, at, open), (_, from) => from)
  const patterns = new Set<string>()
  const stride = Math.max(1, Math.floor(state.lines.length / 24))
  for (let i = 0; i < state.lines.length; i += stride)
    if (start[i]! >= 0)
      for (const guess of guessTimes(state.lines[i]!, start[i]!)) patterns.add(guess)
  if (open === '') patterns.delete('R')
  const best = bestPattern(state.lines, start, patterns, state.zone)
  if (best === undefined || best.fit.lines.length < NEARLY_ALL * state.lines.length)
    return undefined
  const next = state.lines.map(() => -1)
  best.fit.lines.forEach((line, i) => {
    next[line] = best.fit.ends[i]!
  })
  return {
    items: [
      ...(open === '' ? [] : [{ kind: 'text', text: ` ${open}` } as const]),
      { kind: 'time', pattern: best.pattern, primary: false },
    ],
    next,
    apply: walk => {
      walk.separated = false
      if (open !== '') walk.inBracket = true
    },
  }
}

/** How a level word may go on: the end of its column. */
const AFTER_LEVEL = /^(?:[ \t]*[\])}>:|,;/]|[ \t]|$)/

const level = (state: WalkState, at: Columns): Trial | undefined => {
  if (state.level) return undefined
  const open = opener(state, at)
  const start = behind(state, at, open)
  const next = mapLines(state, start, (line, from) => {
    const end = levelEnd(line, from)
    return end > from && end - from <= 12 && AFTER_LEVEL.test(line.slice(end, end + 12)) ? end : -1
  })
  const words = texts(state, start, next)
  const known = words.filter(word => levelOfWord(word) !== undefined).length
  if (words.length < NEARLY_ALL * state.lines.length || known < 0.6 * state.lines.length)
    return undefined
  if (distinct(words) > 16) return undefined
  const upper =
    words.filter(word => word === word.toUpperCase()).length >= NEARLY_ALL * words.length
  const marked = open !== '' || state.inBracket || state.delimiter !== '' || sameMark(state, next)
  // A bare word like `error` may be the first of a message; in capitals or marked off it is a level.
  if (!upper && !marked && (known < 0.98 * words.length || state.tagged)) return undefined
  return {
    items: [
      ...(open === '' ? [] : [{ kind: 'text', text: ` ${open}` } as const]),
      { kind: 'level' },
    ],
    next,
    apply: walk => {
      walk.level = true
      walk.separated = false
      if (open !== '') walk.inBracket = true
    },
  }
}

/** Whether nearly all lines have the same mark (no blank) at these positions. */
const sameMark = (state: WalkState, at: Columns): boolean => {
  const marks = at.flatMap((from, i) => (from < 0 ? [] : [state.lines[i]![from] ?? ' ']))
  const top = tally(marks)[0]
  return top !== undefined && /[^\s]/.test(top[0]) && top[1] >= NEARLY_ALL * state.lines.length
}

const letter = (state: WalkState, at: Columns): Trial | undefined => {
  if (state.level) return undefined
  const open = opener(state, at)
  const start = behind(state, at, open)
  const next = mapLines(state, start, (line, from) =>
    levelOfLetter(line[from] ?? '') !== undefined &&
    /^(?:[\s|/:\],;)-]|$)/.test(line.slice(from + 1, from + 2))
      ? from + 1
      : -1,
  )
  if (share(state, next) < 0.95) return undefined
  // A container runtime's `F` in all lines says that the line is full.
  const seen = texts(state, start, next)
  if (open === '' && seen.every(text => text === seen[0] && levelOfLetter(text) === 'fatal'))
    return { items: [{ kind: 'word', role: 'mark' }], next }
  const slash = next.every((at, i) => at < 0 || state.lines[i]![at] === '/')
  return {
    items: [
      ...(open === '' ? [] : [{ kind: 'text', text: ` ${open}` } as const]),
      { kind: 'letter' },
      ...(slash ? [{ kind: 'text', text: '/' } as const] : []),
    ],
    next: slash ? next.map(at => (at < 0 ? -1 : at + 1)) : next,
    apply: walk => {
      walk.level = true
      walk.separated = false
      if (open !== '') walk.inBracket = true
    },
  }
}

/** A level letter glued to month and day, as glog writes them: `I0307 21:58:03.127000`. */
const datedLetter = (state: WalkState, at: Columns): Trial | undefined => {
  if (state.level) return undefined
  const behindLetter = mapLines(state, at, (line, from) =>
    /^[DIWEF]\d{4} \d/.test(line.slice(from, from + 7)) ? from + 1 : -1,
  )
  if (share(state, behindLetter) < 0.95) return undefined
  const found = time(state, behindLetter)
  if (found === undefined) return undefined
  return {
    items: [{ kind: 'letter' }, ...found.items],
    next: found.next,
    apply: walk => {
      walk.level = true
      found.apply?.(walk)
    },
  }
}

const group = (state: WalkState, at: Columns): Trial | undefined => {
  // Behind `name: ` or ` - ` a bracket opens the message.
  if (state.tagged || (state.separated && isNamed(state))) return undefined
  const open = opener(state, at)
  if (open === '') return undefined
  const next = mapLines(state, at, (line, from) =>
    line[from] === open ? groupEnd(line, from) : -1,
  )
  if (share(state, next) < NEARLY_ALL) return undefined
  const inside = texts(state, at, next).map(text => text.slice(1, -1).trim())
  if (open === '{' && inside.some(text => text.startsWith('"'))) return undefined
  const side = state.level ? undefined : levelSide(inside)
  return {
    items: [
      { kind: 'group', role: groupRole(inside), ...(side === undefined ? {} : { level: side }) },
    ],
    next,
    apply: walk => {
      if (side !== undefined) walk.level = true
      walk.separated = false
    },
  }
}

const levelSide = (inside: readonly string[]): 'first' | 'last' | undefined => {
  const known = (pattern: RegExp): boolean =>
    inside.filter(text => levelOfWord(pattern.exec(text)?.[1] ?? '') !== undefined).length >=
    NEARLY_ALL * inside.length
  if (known(/^([A-Za-z]+)[^A-Za-z]/)) return 'first'
  return known(/[^A-Za-z]([A-Za-z]+)$/) ? 'last' : undefined
}

const groupRole = (inside: readonly string[]): string => {
  const most = (pattern: RegExp): boolean =>
    inside.filter(text => pattern.test(text)).length >= NEARLY_ALL * inside.length
  if (most(/^#?\d+$/)) return 'process'
  if (most(/^(?:(?:[\w$-]+(?:\.|::))+[\w$<>-]+(?::\d+)?|[\w.-]+:\d+)$/)) return 'component'
  return 'thread'
}

/** Whether a column has named who speaks. */
const isNamed = ({ items }: WalkState): boolean =>
  items.some(item => 'role' in item && item.role === 'component')

const TAG_START = /[\w(/%.$*@<[]/

const tagTrial = (state: WalkState, at: Columns, blanks: number): Trial | undefined => {
  if (state.tagged || state.inBracket) return undefined
  const span: TagSpan = { name: 0, process: -1, processEnd: 0, end: 0 }
  const names: string[] = []
  let processes = 0
  const next = mapLines(state, at, (line, from) => {
    if (!TAG_START.test(line[from] ?? '')) return -1
    if (!findTag(line, from, 0, span) && !(findTag(line, from, blanks, span) && span.process >= 0))
      return -1
    names.push(line.slice(from, span.name))
    if (span.process >= 0) processes += 1
    return span.end
  })
  if (share(state, next) < 0.75) return undefined
  // A second name without a process, or one behind a mark, is the first word of a message.
  const told = isNamed(state) || (state.separated && state.level)
  if (told && processes < 0.5 * names.length) return undefined
  if (kinds(names) > Math.max(20, 0.4 * names.length)) return undefined
  const worded = names.filter(text => /[A-Za-z]/.test(text)).length > 0.1 * names.length
  return {
    items: worded
      ? [{ kind: 'tag' }]
      : [
          { kind: 'until', stop: ':', role: 'process' },
          { kind: 'text', text: ':' },
        ],
    next,
    apply: walk => {
      walk.tagged = true
      walk.separated = true
    },
  }
}

/** `name[process]:` without a blank in the name. */
const tag = (state: WalkState, at: Columns): Trial | undefined => tagTrial(state, at, 0)

/** A tag whose name may hold blanks: asked last, since a host before the tag looks the same. */
export const wideTag = (state: WalkState): Trial | undefined => tagTrial(state, state.at, 2)

const number = (state: WalkState, at: Columns): Trial | undefined => {
  const next = mapLines(state, at, (line, from) => {
    const end = /^\d+(?=[\s:;,|\])]|$)/.exec(line.slice(from, from + 24))
    return end === null ? -1 : from + end[0].length
  })
  if (share(state, next) < NEARLY_ALL) return undefined
  return { items: [{ kind: 'number', role: 'process' }], next }
}

/** Words with an inner structure that messages rarely begin with: loggers, modules, file:line. */
const NAME = /[A-Za-z_][\w$-]*(?:(?:\.|::|\/)[\w$<>-]+)+(?:[:@#]\d+|\(\))?(?=[\s\]):,;]|$)/y

const name = (state: WalkState, at: Columns): Trial | undefined => {
  if (state.separated || state.tagged || state.inBracket) return undefined
  const next = mapLines(state, at, (line, from) => {
    NAME.lastIndex = from
    return NAME.test(line) ? NAME.lastIndex : -1
  })
  if (share(state, next) < NEARLY_ALL) return undefined
  if (!few(kinds(texts(state, at, next)), state.lines.length)) return undefined
  return { items: [{ kind: 'name', role: 'component' }], next }
}

/** A column of words that the next one keeps its distance from: two blanks or more. */
const padded = (state: WalkState, at: Columns): Trial | undefined => {
  if (state.separated || state.tagged || state.inBracket) return undefined
  const next = mapLines(state, at, (line, from) => {
    const match = /^[A-Za-z_][\w.$-]*(?=( {2,}|\t)\S)/.exec(line.slice(from, from + 120))
    return match === null ? -1 : from + match[0].length
  })
  if (share(state, next) < NEARLY_ALL) return undefined
  if (!few(kinds(texts(state, at, next)), state.lines.length)) return undefined
  return { items: [{ kind: 'word', role: 'component' }], next }
}

const MARKS = [' - ', ' : ', ' | ', ' -- ', ' => ', ' > ']

/** A short name up to a mark that stands free: `chrome.exe *64 - `, `main : `. */
const set = (state: WalkState, at: Columns): Trial | undefined => {
  if (state.tagged || state.inBracket) return undefined
  const marks = state.separated ? [state.mark] : MARKS
  for (const stop of marks) {
    if (!MARKS.includes(stop)) continue
    const next = mapLines(state, at, (line, from) => {
      const end = line.slice(from, from + 100).indexOf(stop)
      return end <= 0 ||
        line
          .slice(from, from + end)
          .split(' ')
          .filter(Boolean).length > 4
        ? -1
        : from + end
    })
    if (share(state, next) < NEARLY_ALL) continue
    if (!few(kinds(texts(state, at, next)), state.lines.length)) continue
    return { items: [{ kind: 'until', stop, role: 'component' }], next }
  }
  return undefined
}

/** A token of punctuation alone, not the same in all lines (where it is, it is a gap). */
const mark = (state: WalkState, at: Columns): Trial | undefined => {
  const next = mapLines(state, at, (line, from) => {
    const token = /^[^\w\s"'[({<]{1,3}(?=\s)/.exec(line.slice(from, from + 4))
    return token === null ? -1 : from + token[0].length
  })
  if (share(state, next) < NEARLY_ALL) return undefined
  return {
    items: [{ kind: 'word', role: 'mark' }],
    next,
    apply: walk => {
      walk.separated = true
    },
  }
}

/** Rest of a bracket that opened before: `[2023-01-02 03:04:05 #1234]`. */
const inside = (state: WalkState, at: Columns): Trial | undefined => {
  if (!state.inBracket) return undefined
  for (const stop of Object.values(CLOSE)) {
    const next = mapLines(state, at, (line, from) => {
      const end = line.indexOf(stop, from)
      return end < 0 || end - from > 200 ? -1 : end
    })
    if (share(state, next) < NEARLY_ALL) continue
    const values = texts(state, at, next)
    return { items: [{ kind: 'until', stop, role: groupRole(values) }], next }
  }
  return undefined
}

/** The character that delimits fields, when it stands right behind the time. */
const delimiterAt = (state: WalkState): string => {
  const marks = state.at.flatMap((from, i) =>
    from < 0 ? [] : [state.lines[i]!.slice(from, from + 4).trimStart()[0] ?? ''],
  )
  const raw = state.at.flatMap((from, i) => (from < 0 ? [] : [state.lines[i]![from] ?? '']))
  const tab = tally(raw)[0]
  // A colon delimits only where nothing stands beside it: `12:00:00,123:INFO:root:message`.
  const glued = state.at.filter(
    (from, i) => from >= 0 && /^:[A-Za-z]/.test(state.lines[i]!.slice(from, from + 2)),
  )
  if (glued.length >= NEARLY_ALL * state.lines.length) return ':'
  if (tab !== undefined && tab[0] === '\t' && tab[1] >= NEARLY_ALL * state.lines.length) return '\t'
  const top = tally(marks)[0]
  return top !== undefined && '|;,'.includes(top[0]) && top[1] >= NEARLY_ALL * state.lines.length
    ? top[0]
    : ''
}

/** A field that ends at the delimiter and looks like a column: one word, or few values. */
const field = (state: WalkState, at: Columns): Trial | undefined => {
  const stop = state.delimiter
  if (stop === '' || state.inBracket) return undefined
  const next = mapLines(state, at, (line, from) => {
    const end = line.indexOf(stop, from)
    return end < 0 || end - from > 200 ? -1 : end
  })
  if (share(state, next) < NEARLY_ALL) return undefined
  const values = texts(state, at, next).map(value => value.trim())
  const words = values.filter(value => !/\s/.test(value)).length
  const named = few(kinds(values), values.length)
  if (words < NEARLY_ALL * values.length && !(named && stop !== ':')) return undefined
  if (stop === ':' && !named) return undefined
  const numbers = values.filter(value => /^\d+$/.test(value)).length >= NEARLY_ALL * values.length
  return { items: [{ kind: 'until', stop, role: numbers ? 'process' : 'component' }], next }
}

const firstOf = (
  state: WalkState,
  at: Columns,
  trials: ((state: WalkState, at: Columns) => Trial | undefined)[],
): Trial | undefined => {
  for (const trial of trials) {
    const found = trial(state, at)
    if (found !== undefined) return found
  }
  return undefined
}

/** The column that stands right here in nearly all lines, if it is one of a header. */
export const openTrials = (state: WalkState): Trial | undefined => {
  if (state.delimiter === '' && !state.tagged && state.items.length === 0)
    state.delimiter = delimiterAt(state)
  const between = gap(state, state.at)
  if (between !== undefined) return between
  const found = firstOf(state, state.at, [time, datedLetter, level, letter, inside, field, group])
  if (found !== undefined || state.tagged) return found
  return firstOf(state, state.at, [tag, number, mark, set, name, padded])
}

/** A column behind `words` plain words that proves those to be header too. */
export const endTrials = (state: WalkState, at: Columns, words: number): Trial | undefined => {
  if (state.tagged || state.separated || state.inBracket) return undefined
  const found = firstOf(state, at, [rankedTime, datedLetter, level, letter])
  if (found !== undefined) return found
  if (words > 1) return undefined
  const word = texts(state, state.at, at)
  return firstOf(state, at, few(kinds(word), word.length) ? [tag, group] : [tag])
}

const rankedTime = (state: WalkState, at: Columns): Trial | undefined => {
  const found = time(state, at)
  const item = found?.items.at(-1)
  return item?.kind === 'time' && timeRank(item.pattern) > 1 ? found : undefined
}
