import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { EmbeddedBusOptions } from '../bus/embedded.ts'
import type { Config } from '../config.ts'
import { LogbertError } from '../core/errors.ts'

/** What lies where below `paths.data`. */
export const dataFiles = ({ paths }: Pick<Config, 'paths'>) => ({
  bus: join(paths.data, 'bus.db'),
  database: join(paths.data, 'logbert.db'),
  lock: join(paths.data, 'lock.db'),
})

export const busOptions = (config: Config): EmbeddedBusOptions => ({
  file: dataFiles(config).bus,
  maxBacklog: { messages: config.bus.maxBacklogLines, bytes: config.bus.maxBacklogBytes },
})

/**
 * Keeps others out of the data folder as long as this process lives: SQLite's lock on a file ends
 * with the process that holds it, however it ends.
 * @returns how to let go
 * @throws LogbertError BAD_CONFIG when another server works there, or the folder cannot be written
 */
export const lockData = (config: Pick<Config, 'paths'>): (() => void) => {
  const { data } = config.paths
  try {
    mkdirSync(data, { recursive: true })
    const lock = new DatabaseSync(dataFiles(config).lock)
    try {
      lock.exec('BEGIN EXCLUSIVE')
    } catch (error) {
      lock.close()
      throw error
    }
    return () => lock.close()
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : `${cause}`
    const busy = /locked|busy/i.test(why)
    throw new LogbertError(
      'BAD_CONFIG',
      busy
        ? `starting failed: another server uses the data folder ${data}; stop it, or give this one ` +
            'a folder of its own with --data'
        : `starting failed: the data folder ${data} cannot be used: ${why}; give another with --data`,
      { cause },
    )
  }
}
