import { describe, expect, test } from 'bun:test'
import { createReferenceExecutor } from '../../src/core/exec/reference.ts'
import { Builder } from '../../src/core/onnx/builder.ts'
import { gradient } from '../../src/core/onnx/gradient.ts'
import { writeModel } from '../../src/core/onnx/proto.ts'
import { opCases } from './op-cases.ts'
import { proofOf, worstDifference } from './proof.ts'
import { buildTransformer, transformerFeeds } from './transformer.ts'

const exact = createReferenceExecutor({ precision: 'float64' })

describe('the gradient rule agrees with central differences in float64:', () => {
  for (const [op, cases] of Object.entries(opCases)) {
    for (const item of cases) {
      test(`${op}, ${item.about}`, async () => {
        const { model, by } = proofOf(item)
        const program = await exact.compile(model)
        expect(by.length).toBeGreaterThan(0)
        for (const name of by) {
          expect(await worstDifference(program, item.inputs, name, 40), name).toBeLessThan(1e-7)
        }
      })
    }
  }
})

for (const activation of ['relu', 'gelu'] as const) {
  test(`the gradients of a whole transformer with ${activation} are right`, async () => {
    const size = { vocabulary: 9, hidden: 6, layers: 2, heads: 2, inner: 10, batch: 'n', length: 4 }
    const transformer = buildTransformer({ ...size, activation })
    const { b, params, loss } = transformer
    const grads = gradient(b, loss, params)
    const outputs = Object.fromEntries(params.map((p, i) => [`d.${p.name}`, grads[i]!]))
    const program = await exact.compile(writeModel(b.model({ loss, ...outputs })))
    const feeds = transformerFeeds(transformer, 9, [2, 4])
    for (const { name } of params) {
      expect(await worstDifference(program, feeds, name, 12), name).toBeLessThan(1e-7)
    }
  })
}

test('a loss that is no scalar, or does not depend on a parameter, is refused', () => {
  const b = new Builder('refused')
  const [p, q] = [b.parameter('p', [2]), b.parameter('q', [2])]
  expect(() => gradient(b, p, [p])).toThrow(/'p' of float32\[2\]: reduce it to one float32 number/)
  const loss = b.reduceSum(p, [0], { keepdims: 0 })
  expect(() => gradient(b, loss, [q])).toThrow(/does not depend on it/)
})
