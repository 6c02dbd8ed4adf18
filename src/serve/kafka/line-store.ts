import type { LogLine } from '../../core/types.ts'

/** Characters of lines that one partition may hold; the oldest lines go beyond that. */
const MOST_CHARS = 64 << 20
/** Characters that may come before it is looked which lines are still wanted. */
const SLACK = 8 << 20

/** A line with its place, and where it came from if it was sorted on its way. */
export type PlacedLine = LogLine & {
  position: number
  origin?: string
  /** Offset and key of its message, where it was read since the start. */
  offset?: number
  key?: string
}

/**
 * The raw lines of what is open, in memory: a broker cannot give single lines back in good time, and
 * has perhaps removed them by then.
 */
export interface LineStore {
  /** Positions rise. */
  add(lines: readonly LogLine[]): void
  /** Undefined for lines that were forgotten. */
  get(position: number): PlacedLine | undefined
  /** Whether it is time to `keep`. */
  readonly crowded: boolean
  /** Forgets all other lines. */
  keep(positions: Iterable<number>): void
  /** For a checkpoint. */
  all(): readonly PlacedLine[]
  /** Lines that went for want of room. */
  readonly dropped: number
}

export const createLineStore = (
  saved: readonly PlacedLine[] = [],
  { mostChars = MOST_CHARS, slack = SLACK } = {},
): LineStore => {
  let lines = [...saved]
  let chars = charsOf(lines)
  let after = chars
  let dropped = 0
  return {
    add(more) {
      for (const line of more) {
        lines.push(line as PlacedLine)
        chars += line.text.length
      }
    },
    get(position) {
      const line = lines[firstFrom(lines, position)]
      return line?.position === position ? line : undefined
    },
    get crowded() {
      return chars - after > Math.max(slack, after)
    },
    keep(positions) {
      const wanted = new Set(positions)
      lines = lines.filter(({ position }) => wanted.has(position))
      chars = charsOf(lines)
      let gone = 0
      while (chars > mostChars && gone < lines.length) chars -= lines[gone++]!.text.length
      lines = gone === 0 ? lines : lines.slice(gone)
      dropped += gone
      after = chars
    },
    all: () => lines,
    get dropped() {
      return dropped
    },
  }
}

const charsOf = (lines: readonly LogLine[]): number =>
  lines.reduce((sum, { text }) => sum + text.length, 0)

/** Index of the first line at a position or behind it. */
const firstFrom = (lines: readonly PlacedLine[], position: number): number => {
  let [low, high] = [0, lines.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (lines[middle]!.position < position) low = middle + 1
    else high = middle
  }
  return low
}
