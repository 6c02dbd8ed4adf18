import { BLANK, classOf } from './char-class.ts'
import { joins, type MaskedLine } from './shape.ts'

/**
 * A masked line as blank-separated cells: the text of each between its outer punctuation (its
 * core) and the elements it spans. `frame` is all that stands between the cores; a key belongs to
 * it (`pod=` in `pod=a-1`). Lines of different shapes, like `worker-3` and `node_b.c`, have the
 * same cells.
 */
export interface Cells {
  frame: string[]
  cores: string[]
  /** First and last element of each core. */
  first: number[]
  last: number[]
}

const VALUE = '<*>'

const hasBlank = (gap: string): boolean => {
  for (let at = 0; at < gap.length; at++) if (classOf(gap.charCodeAt(at)) & BLANK) return true
  return false
}

/** The last element of the quoted text of several words that opens before `from`, or -1. */
const quotedEnd = ({ gaps, words }: MaskedLine, from: number): number => {
  const quote = /(?:^|[^\w"'`])(["'`])$/.exec(gaps[from]!)?.[1]
  if (quote === undefined) return -1
  for (let i = from; i < words.length; i++) {
    const at = gaps[i + 1]!.indexOf(quote)
    if (at < 0) continue
    const closes = at === 0 && (gaps[i + 1]!.length > 1 || i + 1 === words.length)
    return closes && i > from ? i : -1
  }
  return -1
}

/** Cuts a masked line into cells; what is quoted is one, and so is an opened one. */
export const cellsOf = (line: MaskedLine): Cells => {
  const { gaps, words, solid } = line
  const cells: Cells = { frame: [], cores: [], first: [], last: [] }
  let inQuotes = -1
  for (let i = 0; i < words.length; i++) {
    const at = cells.cores.length - 1
    const gap = gaps[i]!
    const isValue = words[i] === null
    const isSolid = solid?.includes(i) === true
    if (isValue && i > 0 && words[i - 1] === null && (isSolid || (joins(gap) && !hasBlank(gap)))) {
      cells.last[at] = i
      continue
    }
    const text = isValue ? VALUE : words[i]!
    if (i <= inQuotes || (at >= 0 && !hasBlank(gap) && !gap.includes('='))) {
      cells.cores[at] += gap + text
      cells.last[at] = i
      continue
    }
    cells.frame.push(gap)
    cells.cores.push(text)
    cells.first.push(i)
    cells.last.push(i)
    inQuotes = quotedEnd(line, i)
  }
  cells.frame.push(gaps[words.length]!)
  return cells
}

/** `NAMES_LIKE_THIS`, also last in a dotted name or first of several words, are kinds, no values. */
const isKind = (core: string): boolean =>
  /(?:^|\.)[A-Z]+(?:_[A-Z]+)*$|^[A-Z]{2,}(?:_[A-Z]+)* /.test(core)

const isQuoted = (core: string): boolean => core.includes(' ')

/** Whether a core may be a value: quoted text, or one name, nothing that encloses or lists. */
const isPlain = (core: string): boolean =>
  (isQuoted(core) || !/[^\w.:@/$%+#~*<>-]/.test(core)) && !isKind(core)

/** A name by its inner structure: digits, values or marks inside, camel case. */
const isName = (core: string): boolean => /[\d<_@/$.: -]|[a-z][A-Z]/.test(core)

/** What no word of a language is: `half-installed` may say what happens, `gpu-1` may not. */
const isIdentifier = (core: string): boolean => /[\d<_@/$: ]|[a-z][A-Z]/.test(core)

const hasLetter = (core: string): boolean => /[A-Za-z]/.test(core.replaceAll(VALUE, ''))

/** Most cells in which two lines may differ at once and still show one template. */
const CELLS_MAX = 3

/** Cells in which two lines of one frame differ; undefined when too many or no values by look. */
export const differingCells = (a: Cells, b: Cells): number[] | undefined => {
  const found: number[] = []
  for (let i = 0; i < a.cores.length; i++) {
    const [one, other] = [a.cores[i]!, b.cores[i]!]
    if (one === other) continue
    if (found.length === CELLS_MAX || !isPlain(one) || !isPlain(other)) return undefined
    found.push(i)
  }
  return found
}

/** Whether a line is of a template by its cells: equal, or a name where that holds a value. */
export const fitsCells = (template: Cells, line: Cells): number[] | undefined => {
  const found: number[] = []
  for (let i = 0; i < line.cores.length; i++) {
    const core = line.cores[i]!
    if (core === template.cores[i]) continue
    if (template.cores[i] !== VALUE || !isPlain(core) || !isName(core)) return undefined
    found.push(i)
  }
  return found
}

const QUOTED_MIN = 8

/** Whether what two lines share is enough to call the rest values. */
const isEnoughAlike = (cells: Cells, at: readonly number[]): boolean => {
  let alike = 0
  cells.cores.forEach((core, i) => {
    if (!at.includes(i) && hasLetter(core)) alike++
  })
  return alike >= 2 && (alike + 1) / cells.cores.length >= 0.4
}

/**
 * Whether the differing cells of lines that are else alike are values: a value stands there
 * already, or three different names do; six in the first cell, which names what happens, and of mere
 * compound words. Words without inner structure say so only beside as many names. Eight quoted texts of several words are
 * values beside anything.
 */
export const showValues = (lines: readonly Cells[], at: readonly number[]): boolean => {
  const isAlike = isEnoughAlike(lines[0]!, at)
  return at.every(i => {
    const cores = new Set(lines.map(({ cores }) => cores[i]!))
    if (cores.size === 1) return true
    if (!isAlike) return cores.size >= QUOTED_MIN && [...cores].every(isQuoted)
    if (cores.delete(VALUE)) return [...cores].every(isName)
    const names = [...cores].filter(isName).length
    if (2 * names < cores.size) return false
    if (i === 0) return names === cores.size && cores.size >= 6
    return cores.size >= ([...cores].some(isIdentifier) ? 3 : 6)
  })
}
