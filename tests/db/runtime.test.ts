import { expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { type Runtime, spawnScript } from '../runtime/spawn.ts'
import { databases } from './folder.ts'

const { path } = databases()

const run = async (runtime: Runtime, file: string, from: number) => {
  const other = path()
  writeFileSync(other, 'no database')
  const args = [file, `${from}`, other]
  const script = 'tests/db/runtime-main.ts'
  const { lines, code, errors } = await spawnScript<object>(runtime, script, args)
  expect(code, errors).toBe(0)
  return lines
}

test('Deno writes, finds and refuses what Bun does, and each reads the files of the other', async () => {
  const [a, b] = [path(), path()]
  const fresh = [await run('bun', a, 0), await run('deno', b, 0)]
  expect(fresh[0]!.length).toBe(12)
  expect(fresh[1]).toEqual(fresh[0]!)
  const second = [await run('deno', a, 1000), await run('bun', b, 1000)]
  expect(second[0]![0]).toEqual({ before: 101, incidents: 1 })
  expect(second[1]).toEqual(second[0]!)
}, 60_000)
