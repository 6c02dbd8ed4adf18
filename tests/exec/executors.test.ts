import { describe, expect, test } from 'bun:test'
import { LogbertError } from '../../src/core/errors.ts'
import { chooseExecutor } from '../../src/core/exec/choose.ts'
import { executorDeps } from '../../src/platform/bun.ts'
import { contract } from './contract.ts'

// The other backends and runtimes run the same contract in tests/runtime, each in its own process.
for (const backend of ['reference', 'wasm'] as const) {
  describe(`the ${backend} executor`, () => {
    for (const { name, run } of contract) {
      test(name, async () => run((await chooseExecutor(backend, executorDeps)).executor))
    }
  })
}

test("starting wasm leaves the runtime's Worker in place", () => {
  expect('onmessage' in Worker.prototype).toBe(true)
})

test('a backend that is not there says how to get it', async () => {
  const fault = await chooseExecutor('native', {}).catch((error: unknown) => error)
  expect(fault).toBeInstanceOf(LogbertError)
  expect((fault as LogbertError).code).toBe('BACKEND_ABSENT')
  expect((fault as LogbertError).message).toContain('pick wasm or webgpu')
})

test('auto measures what is present, takes the fastest, and says what it saw', async () => {
  const noGpu = async (): Promise<void> => {
    throw new LogbertError('BACKEND_ABSENT', 'no GPU in this test')
  }
  const { executor, measured } = await chooseExecutor('auto', { installGpu: noGpu })
  expect(executor.name).toBe('wasm')
  expect(measured.map(({ backend }) => backend)).toEqual(['native', 'webgpu', 'wasm'])
  expect(measured[1]!.about).toContain('no GPU in this test')
  expect(measured[2]!.millis).toBeGreaterThan(0)
}, 60_000)
