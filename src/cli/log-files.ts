import { createLineStats, type LineStats } from '../core/input/line-splitter.ts'
import { readLines } from '../core/input/read-lines.ts'
import type { LogLine } from '../core/types.ts'
import { openInput, sizeOf, sourceName } from '../platform/files.ts'
import { gunzip } from '../platform/gunzip.ts'
import type { Progress } from './progress.ts'

/** Where files are, by their paths. */
export interface FileSource {
  /** @throws LogbertError BAD_INPUT when it cannot be read; may look only when it is read */
  open(path: string): Promise<AsyncIterable<Uint8Array>>
  /** Bytes; undefined for what can be read once only. */
  size(path: string): Promise<number | undefined>
}

/** This machine's files and pipes. */
export const localFiles: FileSource = { open: openInput, size: sizeOf }

export interface LogFilesOptions {
  /** This machine's when absent. */
  files?: FileSource
  /** Source of all lines; each file's name when absent. */
  source?: string
  maxLine?: number
  stats?: LineStats
  progress?: Progress
  phase?: string
  /** Time of lines that carry none. */
  arrived?: number
}

/**
 * Lines of several files one after the other, in batches of one file each.
 * @throws LogbertError BAD_INPUT for what cannot be read; the lines before it came out.
 */
export async function* readLogFiles(
  paths: readonly string[],
  options: LogFilesOptions = {},
): AsyncGenerator<{ path: string; lines: LogLine[] }> {
  const { stats = createLineStats(), arrived = Date.now(), phase = 'reading' } = options
  const { files = localFiles } = options
  const sizes = await Promise.all(paths.map(files.size))
  const whole = sizes.every(size => size !== undefined) ? sizes.reduce((a, b) => a + b, 0) : 0
  const inputs = await Promise.all(paths.map(files.open))
  const sources = sourceNames(paths)
  let read = 0
  const counted = async function* (input: AsyncIterable<Uint8Array>) {
    for await (const chunk of input) {
      read += chunk.length
      const note = `${stats.lines.toLocaleString('en')} lines`
      options.progress?.update({ phase, note, ...(whole > 0 && { share: read / whole }) })
      yield chunk
    }
  }
  for (const [i, path] of paths.entries()) {
    const source = options.source ?? sources[i]!
    const { maxLine } = options
    const name = path === '-' ? 'standard input' : path
    const batches = readLines(counted(inputs[i]!), {
      name,
      stats,
      gunzip,
      ...(maxLine !== undefined && { maxLine }),
    })
    for await (const batch of batches) {
      yield { path, lines: batch.map(text => ({ text, source, arrived })) }
    }
  }
}

/** Names of files as sources; files of one name in several folders go by their whole paths. */
export const sourceNames = (paths: readonly string[]): string[] => {
  const names = paths.map(sourceName)
  const twice = new Set(names.filter((name, i) => names.indexOf(name) !== i))
  return names.map((name, i) => (twice.has(name) ? paths[i]! : name))
}

/** What was changed while reading, for stderr; empty when nothing was. */
export const inputNotes = (stats: LineStats): string[] =>
  [
    stats.cut > 0 && `${stats.cut} lines were longer than the limit and were cut`,
    stats.replaced > 0 && `${stats.replaced} lines hold bytes that are no UTF-8 (shown as \uFFFD)`,
    stats.nul > 0 && `${stats.nul} lines hold NUL characters`,
  ].filter(note => note !== false)
