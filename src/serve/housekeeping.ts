import type { Config } from '../config.ts'
import type { Database } from '../db/database.ts'
import { wordsOf } from './pipeline/served.ts'

const EVERY_MS = 60_000
/** Where more is to go: it is done in steps, so that nobody waits. */
const SOON_MS = 250
const HOUR_MS = 3_600_000

/**
 * Removes from time to time what is older or more than it may be; returns how to end it.
 * @param deps.retain removes lines that are too old or too many
 */
export const keepHouse = (
  config: Config,
  {
    db,
    retain,
    note,
  }: { db: Database; retain(now: number): Promise<unknown>; note(text: string): void },
): (() => void) => {
  let timer: ReturnType<typeof setTimeout> | undefined
  let ended = false
  const clean = async (): Promise<boolean> => {
    const now = Date.now()
    const lines = retain(now)
    // One that fails does not keep the other from its work.
    lines.catch(() => undefined)
    const { maxAgeDays, maxAnomalies } = config.store
    const gone = db.retain({
      ...{ now, maxAgeMs: 24 * HOUR_MS * maxAgeDays },
      ...{ maxAnomalies, maxEvents: config.server.keptEvents },
    })
    await lines
    return Object.values(gone).some(rows => rows > 0)
  }
  const again = (ms: number): void => {
    timer = setTimeout(async () => {
      const more = await clean().catch((error: unknown) => {
        if (!ended) note(`removing what is old failed: ${wordsOf(error)}; it is tried again`)
        return false
      })
      if (!ended) again(more ? SOON_MS : EVERY_MS)
    }, ms)
  }
  again(SOON_MS)
  return () => {
    ended = true
    clearTimeout(timer)
  }
}
