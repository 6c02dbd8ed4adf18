import { describe, expect, test } from 'bun:test'
import { createReferenceExecutor } from '../../src/core/exec/reference.ts'
import { createWasmExecutor } from '../../src/core/exec/wasm.ts'
import { numbersOf } from '../../src/core/onnx/graph.ts'
import { erf } from '../../src/core/onnx/ops/unary.ts'
import { opCases } from './op-cases.ts'
import { proofOf } from './proof.ts'

const wasm = await createWasmExecutor({ threads: 2 })

describe('reference arithmetic and onnxruntime agree, forward and backward:', () => {
  for (const [op, cases] of Object.entries(opCases)) {
    for (const item of cases) {
      test(`${op}, ${item.about}`, async () => {
        const { model } = proofOf(item)
        const [expected, got] = await Promise.all(
          [createReferenceExecutor(), wasm].map(async executor => {
            const program = await executor.compile(model)
            const results = await program.run(item.inputs)
            await program.dispose()
            return results
          }),
        )
        for (const [name, tensor] of Object.entries(expected!)) {
          expect([...got![name]!.shape], name).toEqual([...tensor.shape])
          const numbers = numbersOf(got![name]!)
          numbersOf(tensor).forEach((value, i) => {
            const error = Math.abs(value - numbers[i]!) / Math.max(1, Math.abs(value))
            expect(error, `${name}[${i}]`).toBeLessThan(3e-6)
          })
        }
      })
    }
  }
})

test('the error function of the oracle is exact to the last digits', () => {
  // Abramowitz & Stegun, table 7.1; erf(4) from its series in high precision
  expect(erf(0.5)).toBeCloseTo(0.5204998778, 10)
  expect(erf(1)).toBeCloseTo(0.8427007929, 10)
  expect(erf(-2)).toBeCloseTo(-0.995322265, 9)
  expect(1 - erf(4)).toBeCloseTo(1.541725790028e-8, 15)
})
