import type { LogLine } from '../core/types.ts'
import type { LineBatch } from './line-sender.ts'
import { LINES_TO_LEARN, type TimeShift } from './time-shift.ts'
import { withPauses } from './with-pauses.ts'

type FileLines = AsyncIterable<{ path: string; lines: LogLine[] }>

/** Leaves out the first lines of a replay. */
export async function* withoutFirst(input: FileLines, count: number): FileLines {
  let left = count
  for await (const { path, lines } of input) {
    const kept = left === 0 ? lines : lines.slice(left)
    left = Math.max(0, left - lines.length)
    if (kept.length > 0) yield { path, lines: kept }
  }
}

/** Moves times; the first lines of each file are kept back until they show how it begins. */
export async function* withTimes(input: FileLines, shift: TimeShift): FileLines {
  let held: { path: string; lines: LogLine[] } | undefined
  const learned = new Set<string>()
  const moved = (path: string, lines: LogLine[]) => {
    learned.add(path)
    return { path, lines: shift.move(lines) }
  }
  for await (const { path, lines } of input) {
    if (held !== undefined && held.path !== path) {
      yield moved(held.path, held.lines)
      held = undefined
    }
    if (learned.has(path)) {
      yield moved(path, lines)
      continue
    }
    const all: LogLine[] = held === undefined ? lines : held.lines.concat(lines)
    held = { path, lines: all }
    if (all.length < LINES_TO_LEARN) continue
    yield moved(path, all)
    held = undefined
  }
  if (held !== undefined) yield moved(held.path, held.lines)
}

export interface BatchLimits {
  lines: number
  /** UTF-16 units of text; a longer line goes alone. */
  chars: number
}

/** Longest wait of lines for a batch to be full, ms. */
const LONGEST_WAIT_MS = 200

/** Batches of one source each; what waits is handed on when nothing more comes for a moment. */
export async function* batchesOf(
  input: FileLines,
  limits: BatchLimits,
  signal: AbortSignal,
): AsyncGenerator<LineBatch> {
  let held: LogLine[] = []
  const batch = (lines: LogLine[]): LineBatch => ({ lines, source: lines[0]!.source })
  for await (const chunk of withPauses(input, LONGEST_WAIT_MS)) {
    signal.throwIfAborted()
    const next = chunk?.lines ?? []
    const goesOn = chunk !== undefined && (held[0] ?? next[0])?.source === next[0]?.source
    if (!goesOn && held.length > 0) {
      yield batch(held)
      held = []
    }
    const parts = [...cut(held.concat(next), limits)]
    const last = parts.at(-1)
    held = last !== undefined && last.length < limits.lines ? parts.pop()! : []
    for (const part of parts) yield batch(part)
  }
  if (held.length > 0) yield batch(held)
}

/** Lines in order, in parts that are within the limits. */
export function* cut(
  lines: Iterable<LogLine>,
  { lines: most, chars: longest }: BatchLimits,
): Generator<LogLine[]> {
  let part: LogLine[] = []
  let chars = 0
  for (const line of lines) {
    if (part.length === most || (part.length > 0 && chars + line.text.length > longest)) {
      yield part
      part = []
      chars = 0
    }
    part.push(line)
    chars += line.text.length + 1
  }
  if (part.length > 0) yield part
}
