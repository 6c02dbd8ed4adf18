import { describe, expect, test } from 'bun:test'
import type { Backend } from '../../src/core/exec/executor.ts'
import { contract } from '../exec/contract.ts'
import type { ContractLine } from './contract-main.ts'
import { type Runtime, type SpawnResult, spawnScript } from './spawn.ts'

const required = process.env.LOGBERT_REQUIRE_SERVICES === '1'
const backends: Record<Runtime, Backend[]> = {
  bun: ['webgpu', 'native'],
  deno: ['reference', 'wasm', 'webgpu'],
}

const runtimes = Object.keys(backends) as Runtime[]
const results = await Promise.all(
  runtimes.map(
    async (runtime): Promise<[Runtime, SpawnResult<ContractLine>]> => [
      runtime,
      await spawnScript<ContractLine>(runtime, 'tests/runtime/contract-main.ts', backends[runtime]),
    ],
  ),
)

test.each(runtimes)('%s chooses a backend by itself, and no GPU in software', async runtime => {
  const script = 'tests/runtime/contract-main.ts'
  const { lines, code, errors } = await spawnScript<ContractLine>(runtime, script, ['auto'])
  expect(code, errors).toBe(0)
  const measured = lines.filter(({ check }) => check === 'auto')
  expect(measured.map(({ backend }) => backend)).toEqual(['native', 'webgpu', 'wasm'])
  const chosen = lines.find(({ check }) => check === 'auto chose')!
  expect(measured.find(({ backend }) => backend === chosen.backend)!.absent).toBeUndefined()
  expect(chosen.about).not.toMatch(/swiftshader|llvmpipe/i)
})

for (const [runtime, { lines, code, errors }] of results) {
  test(`${runtime} runs the contract of the executors to its end`, () => {
    expect(code, errors).toBe(0)
  })
  for (const backend of backends[runtime]) {
    const own = lines.filter(line => line.backend === backend)
    const absent = own.find(line => line.absent)
    // onnxruntime-node is not installed by default: where it is absent it must say how to get it.
    if (absent !== undefined && backend === 'native') {
      test(`the native executor in ${runtime} says how to get it`, () => {
        expect(absent.about).toContain('ONNXRUNTIME_NODE_INSTALL=skip bun add')
      })
      continue
    }
    const why = absent === undefined || required ? '' : `, skipped: ${absent.about}`
    describe(`the ${backend} executor in ${runtime}${why}`, () => {
      for (const { name } of contract) {
        test.skipIf(why !== '')(name, () => {
          const line = own.find(({ check }) => check === name)
          expect(line, absent?.about ?? errors).toBeDefined()
          expect(line!.fault).toBeUndefined()
        })
      }
    })
  }
}
