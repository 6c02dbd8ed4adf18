import { fstatSync, type Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Detection, Engine, OpenOptions } from '../core/pipeline/engine.ts'
import type { Bundle } from '../core/store/bundle.ts'
import type { LogLine } from '../core/types.ts'
import { withPauses } from './with-pauses.ts'

/** How often silence is looked at, ms. */
const TICK_MS = 500
const LEAST_IDLE_MS = 5_000
const USUAL_IDLE_MS = 30_000
/** Who watches a log wants to see something, however long sessions may pause. */
const MOST_IDLE_MS = 120_000

/** Whether one of these is a pipe, whose writer may be at work still. */
export const anyPipe = async (files: readonly string[]): Promise<boolean> => {
  const found = await Promise.all(
    files.map(file => (file === '-' ? fstatSync(0) : stat(file).catch(() => undefined))),
  )
  // What is missing or a folder is told when it is read.
  const piped = (each: Stats | undefined) => each && !each.isFile() && !each.isDirectory()
  return found.some(piped)
}

/** Silence that ends a session, ms: what training saw within sessions, within reason. */
export const idleOf = ({ calibration }: Bundle): number => {
  const { recipe } = calibration as { recipe?: { key?: { idleMs?: number } } }
  const learned = recipe?.key?.idleMs ?? USUAL_IDLE_MS
  return Math.min(MOST_IDLE_MS, Math.max(LEAST_IDLE_MS, learned))
}

/**
 * Scores lines while they come: sessions end by silence, in the times of the lines and, when nothing
 * comes, by the clock; what is open at the end of the input is judged then.
 */
export const follow = async (
  engine: Engine,
  bundle: Bundle,
  options: Omit<OpenOptions, 'explain'> & { idleMs: number },
  input: AsyncIterable<LogLine[]>,
  write: (found: Detection) => Promise<void>,
): Promise<void> => {
  const stream = await engine.stream(bundle, options)
  let ticked = performance.now()
  try {
    for await (const lines of withPauses(input, TICK_MS)) {
      if (lines !== undefined) await write(await stream.feed(lines))
      const now = performance.now()
      if (now - ticked < TICK_MS) continue
      if (stream.waiting) await write(await stream.tick(now - ticked))
      ticked = now
    }
  } finally {
    await write(await stream.end())
  }
}
