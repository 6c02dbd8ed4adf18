import { expect, test } from 'bun:test'
import { type Runtime, spawnScript } from './spawn.ts'

const run = (runtime: Runtime) => spawnScript(runtime, 'tests/runtime/pipeline-main.ts', [])

test('Deno trains and scores as Bun does, and finds the same anomalies', async () => {
  const [bun, deno] = [await run('bun'), await run('deno')]
  expect(bun.code, bun.errors).toBe(0)
  expect(deno.code, deno.errors).toBe(0)
  expect(bun.lines.length).toBeGreaterThan(5)
  expect(deno.lines).toEqual(bun.lines)
}, 240_000)
