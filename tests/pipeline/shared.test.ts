import { expect, test } from 'bun:test'
import type { Executor } from '../../src/core/exec/executor.ts'
import { createWasmExecutor } from '../../src/core/exec/wasm.ts'
import { createEngine } from '../../src/core/pipeline/create-engine.ts'
import { learnBundle, simulatedLogs } from './simulated.ts'

test('streams of one bundle share its network: each request opens one', async () => {
  const wasm = await createWasmExecutor({ threads: 1 })
  let compiled = 0
  let opened = 0
  const counting: Executor = {
    ...wasm,
    compile: (model, options) => {
      compiled++
      return wasm.compile(model, options)
    },
  }
  const engine = createEngine({
    executor: async () => {
      opened++
      return counting
    },
  })
  const { before, after } = simulatedLogs()
  const bundle = await learnBundle(engine, before, { epochs: 1 })
  compiled = 0
  const lines = after.map(({ line }) => line).slice(0, 2000)
  const found: string[][] = []
  for (let i = 0; i < 3; i++) {
    const model = await engine.open(bundle, { backend: 'wasm' })
    await model.feed(lines)
    found.push((await model.flush()).anomalies.map(({ id }) => id))
  }
  expect({ compiled, opened }).toEqual({ compiled: 1, opened: 1 })
  // What one stream saw is not remembered in another.
  expect(found[1]).toEqual(found[0]!)
  expect(found[2]).toEqual(found[0]!)
}, 60_000)

test('a backend that failed to open is asked for again', async () => {
  let asked = 0
  const engine = createEngine({
    executor: async () => {
      asked++
      if (asked === 1) throw new Error('no such device')
      return createWasmExecutor({ threads: 1 })
    },
  })
  const { before } = simulatedLogs()
  const lines = before.slice(0, 3000)
  await expect(learnBundle(engine, lines, { epochs: 1 })).rejects.toThrow('no such device')
  await learnBundle(engine, lines, { epochs: 1 })
  expect(asked).toBe(2)
}, 60_000)
