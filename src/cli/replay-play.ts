import { writeFile } from 'node:fs/promises'
import { createLineStats } from '../core/input/line-splitter.ts'
import type { LogLine } from '../core/types.ts'
import { pathError } from '../platform/files.ts'
import { type LineBatch, pause } from './line-sender.ts'
import { inputNotes, readLogFiles } from './log-files.ts'
import { type PlayedShop, playShop } from './played-shop.ts'
import type { Progress } from './progress.ts'
import type { FileOptions, ReplayOptions, SimulateOptions } from './replay-options.ts'
import { batchesOf, cut, withoutFirst, withTimes } from './replay-source.ts'
import { createTimeShift } from './time-shift.ts'

/** Largest request in characters; the server may allow less and says so. */
const BATCH_CHARS = 4 << 20

/** What is played, batch by batch. */
export interface Play {
  batches: AsyncIterable<LineBatch>
  /** How far it is, from 0 to 1, where the end is known. */
  share(): number | undefined
  /** Notes and facts when it is over, whatever the end. */
  end(): Promise<{ notes: string[]; facts: Record<string, unknown> }>
}

/** Files one after the other. */
export const playFiles = (
  options: FileOptions,
  { batch }: ReplayOptions,
  signal: AbortSignal,
): Play => {
  const { files, source, skip, shift: moves, header, timeZone } = options
  const stats = createLineStats()
  let share: number | undefined
  const shift = moves
    ? createTimeShift(Date.now(), {
        ...(header !== undefined && { format: header }),
        ...(timeZone !== undefined && { timeZone }),
      })
    : undefined
  const progress: Progress = {
    update: state => {
      share = state.share
    },
    end: () => undefined,
  }
  const read = readLogFiles(files, { stats, progress, ...(source !== undefined && { source }) })
  const kept = withoutFirst(read, skip)
  const input = shift === undefined ? kept : withTimes(kept, shift)
  return {
    batches: batchesOf(input, { lines: batch, chars: BATCH_CHARS }, signal),
    share: () => share,
    async end() {
      const notes = inputNotes(stats)
      if (shift === undefined) return { notes, facts: {} }
      const { by, stats: moved } = shift
      if (moved.stuck > 0) notes.push(`${moved.stuck} lines kept their time: it cannot be written`)
      return { notes, facts: { shiftedBy: by ?? null, shifted: moved } }
    },
  }
}

/** The simulated shop. */
export const playSimulated = (
  options: SimulateOptions,
  { batch }: ReplayOptions,
  signal: AbortSignal,
): Play => {
  const shop = playShop(options)
  return {
    batches: shopBatches(shop, options, batch, signal),
    share: () => (shop.now - options.start) / options.durationMs,
    async end() {
      const truth = shop.truth()
      if (options.truth !== undefined) {
        const text = `${JSON.stringify(truth, null, 2)}\n`
        await writeFile(options.truth, text).catch(cause => {
          throw pathError('writing', options.truth!, cause)
        })
      }
      const { faults } = truth
      return {
        notes: [`${faults.length} faults were injected`],
        facts: {
          faults: faults.length,
          ...(options.truth !== undefined && { truth: options.truth }),
        },
      }
    },
  }
}

/** Lines of one moment of real time go together. */
const MOMENT_MS = 100

async function* shopBatches(
  shop: PlayedShop,
  { speed, start }: SimulateOptions,
  most: number,
  signal: AbortSignal,
): AsyncGenerator<LineBatch> {
  const limits = { lines: most, chars: BATCH_CHARS }
  const lines = function* () {
    for (const { line } of shop.lines()) yield line
  }
  if (speed === undefined) {
    for (const part of cut(lines(), limits)) yield { lines: part }
    return
  }
  const begun = performance.now()
  const dueIn = (at: number): number => begun + (at - start) / speed - performance.now()
  let held: LogLine[] = []
  for (const line of lines()) {
    if (dueIn(line.arrived) > MOMENT_MS) {
      for (const part of cut(held, limits)) yield { lines: part }
      held = []
      await pause(Math.max(0, dueIn(line.arrived)), signal)
    }
    held.push(line)
  }
  for (const part of cut(held, limits)) yield { lines: part }
}
