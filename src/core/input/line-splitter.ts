import { LogbertError } from '../errors.ts'

/** What was read, and what was changed on the way. */
export interface LineStats {
  /** Bytes of text, after unpacking. */
  bytes: number
  lines: number
  /** Lines cut at the longest length. */
  cut: number
  /** Lines with bytes that are no UTF-8, shown as U+FFFD. */
  replaced: number
  /** Lines with NUL characters. */
  nul: number
}

export const createLineStats = (): LineStats => ({
  bytes: 0,
  lines: 0,
  cut: 0,
  replaced: 0,
  nul: 0,
})

export interface LineSplitterOptions {
  /** Longest line in UTF-16 units; the rest of a longer one is dropped and counted. */
  maxLine?: number
  /** Name of the input, for messages. */
  name?: string
  /** Counts go here; several inputs may share one. */
  stats?: LineStats
}

/** Cuts bytes into lines: `push` for each chunk, `end` once for a last line without newline. */
export interface LineSplitter {
  push(bytes: Uint8Array): string[]
  end(): string[]
  readonly stats: LineStats
}

export const MAX_LINE = 65_536
const REPLACEMENT = '\uFFFD'
/** Share of control characters and wrong bytes from which text is taken for something else. */
const BINARY_SHARE = 0.1
const SNIFF = 65_536

/**
 * Splits UTF-8 (or UTF-16 with a byte order mark) into lines at LF or CRLF. Holds at most one
 * partial line of `maxLine` characters. Wrong bytes become U+FFFD.
 * @throws LogbertError BAD_INPUT when the first block is no text at all.
 */
export const createLineSplitter = (options: LineSplitterOptions = {}): LineSplitter => {
  const { maxLine = MAX_LINE, name = 'input', stats = createLineStats() } = options
  let decoder: TextDecoder | undefined
  let rest = ''
  /** The end of a line that is already cut is being skipped. */
  let cutting = false

  const begin = (bytes: Uint8Array): TextDecoder => {
    const made = new TextDecoder(encodingOf(bytes))
    refuseBinary(new TextDecoder(encodingOf(bytes)).decode(bytes.subarray(0, SNIFF)), name)
    return made
  }
  const finish = (line: string): string => {
    const ends = line.charCodeAt(line.length - 1) === 13 ? line.length - 1 : line.length
    if (ends <= maxLine) return ends === line.length ? line : line.slice(0, ends)
    stats.cut++
    return line.slice(0, maxLine)
  }
  const split = (text: string): string[] => {
    const lines = text.split('\n')
    lines[0] = rest + lines[0]!
    rest = lines.pop()!
    if (lines.length > 0 && cutting) {
      stats.cut++
      lines[0] = lines[0]!.slice(0, maxLine)
      cutting = false
    }
    const plain = !text.includes('\r') && !lines[0]?.endsWith('\r')
    for (let i = 0; i < lines.length; i++) {
      if (!plain || lines[i]!.length > maxLine) lines[i] = finish(lines[i]!)
    }
    if (rest.length > maxLine + 1) {
      cutting = true
      rest = rest.slice(0, maxLine + 1)
    }
    count(lines, text)
    return lines
  }
  const count = (lines: readonly string[], text: string): void => {
    stats.lines += lines.length
    // Rare: look line by line only where the block holds one.
    if (text.includes(REPLACEMENT))
      for (const line of lines) if (line.includes(REPLACEMENT)) stats.replaced++
    if (text.includes('\0')) for (const line of lines) if (line.includes('\0')) stats.nul++
  }
  return {
    stats,
    push(bytes) {
      if (bytes.length === 0) return []
      stats.bytes += bytes.length
      decoder ??= begin(bytes)
      return split(decoder.decode(bytes, { stream: true }))
    },
    end() {
      const tail = decoder?.decode() ?? ''
      return rest.length + tail.length > 0 ? split(`${tail}\n`) : []
    },
  }
}

const encodingOf = (bytes: Uint8Array): string => {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  return 'utf-8'
}

/** NULs do not count: a log that was truncated under its writer begins with a hole of them. */
const refuseBinary = (text: string, name: string): void => {
  let odd = 0
  let seen = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0) continue
    seen++
    if (code === 0xfffd || (code < 32 && !isTextControl(code))) odd++
  }
  if (odd <= 2 || odd <= seen * BINARY_SHARE) return
  throw new LogbertError(
    'BAD_INPUT',
    `reading ${name} failed: it is no text (${Math.round((100 * odd) / seen)} % of its first ` +
      'characters are control characters or no UTF-8); give a text log, plain, .gz or .zst, or ' +
      'convert it first (iconv -t utf-8)',
  )
}

/** Backspace to carriage return, and ESC of terminal colours. */
const isTextControl = (code: number): boolean => (code >= 8 && code <= 13) || code === 27
