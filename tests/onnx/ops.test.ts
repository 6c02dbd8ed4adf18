import { describe, expect, test } from 'bun:test'
import { createReferenceExecutor } from '../../src/core/exec/reference.ts'
import { createWasmExecutor } from '../../src/core/exec/wasm.ts'
import { Builder } from '../../src/core/onnx/builder.ts'
import { float32, floatsOf, int64, numbersOf } from '../../src/core/onnx/graph.ts'
import { erf } from '../../src/core/onnx/ops/unary.ts'
import { writeModel } from '../../src/core/onnx/proto.ts'
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

test('adding many rows onto the same few gives the same sums on every run', async () => {
  const b = new Builder('sums')
  const [rows, picks, width] = [700, 20_000, 16]
  const table = b.expand(b.scalar(0), [rows, width])
  const sums = b.scatterAdd(table, b.input('i', 'int64', [picks]), b.parameter('g', [picks, width]))
  const program = await wasm.compile(writeModel(b.model({ sums })))
  const index = Array.from({ length: picks }, (_, i) => (i * i) % 3)
  const values = Array.from({ length: picks * width }, (_, i) => Math.sin(i))
  const feeds = { i: int64(index, [picks]), g: float32(values, [picks, width]) }
  const first = floatsOf((await program.run(feeds)).sums!)
  const wanted = values.reduce(
    (sum, v, i) => sum + (i % width === 0 && index[i / width] === 1 ? v : 0),
    0,
  )
  expect(first[width]).toBeCloseTo(wanted, 2)
  for (let run = 0; run < 20; run++) {
    expect(floatsOf((await program.run(feeds)).sums!)).toEqual(first)
  }
})
