import { afterAll } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder for one test file; gone when its tests are over. */
export const testFolder = (): {
  path: string
  put: (name: string, data: string | Uint8Array) => string
} => {
  const path = mkdtempSync(join(tmpdir(), 'logbert-test-'))
  afterAll(() => rmSync(path, { recursive: true, force: true }))
  return {
    path,
    put: (name, data) => {
      writeFileSync(join(path, name), data)
      return join(path, name)
    },
  }
}
