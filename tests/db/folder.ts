import { afterAll } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database } from '../../src/db/database.ts'
import { type OpenOptions, openDatabase } from '../../src/db/open.ts'

/** Files and databases of one test file; closed and gone when its tests are over. */
export const databases = () => {
  const folder = mkdtempSync(join(tmpdir(), 'logbert-db-'))
  const opened: Database[] = []
  let number = 0
  afterAll(() => {
    for (const db of opened) db.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const path = (name = `${number++}.db`): string => join(folder, name)
  return {
    path,
    open(file = path(), options: OpenOptions = {}): Database {
      const db = openDatabase(file, options)
      opened.push(db)
      return db
    },
  }
}

/** What an action throws. */
export const errorOf = (action: () => unknown): { code?: string; message: string } => {
  try {
    action()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}
