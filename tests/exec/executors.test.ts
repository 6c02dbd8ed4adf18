import { expect, test } from 'bun:test'
import { createReferenceExecutor } from '../../src/core/exec/reference.ts'
import { createWasmExecutor } from '../../src/core/exec/wasm.ts'
import { gradient } from '../../src/core/onnx/gradient.ts'
import { floatsOf } from '../../src/core/onnx/graph.ts'
import { writeModel } from '../../src/core/onnx/proto.ts'
import { buildTransformer, transformerFeeds } from '../onnx/transformer.ts'

test('a transformer and its gradients come out alike on reference and wasm', async () => {
  const { b, params, loss, logProbabilities } = buildTransformer({
    vocabulary: 11,
    hidden: 8,
    layers: 2,
    heads: 2,
    inner: 16,
    batch: 'batch',
    length: 5,
  })
  const grads = gradient(b, loss, params)
  const outputs = Object.fromEntries(params.map((p, i) => [`d.${p.name}`, grads[i]!]))
  const model = writeModel(b.model({ loss, logProbabilities, ...outputs }))
  const feeds = transformerFeeds({ params }, 11, [3, 5])
  const results = []
  for (const executor of [createReferenceExecutor(), await createWasmExecutor()]) {
    const program = await executor.compile(model)
    results.push(await program.run(feeds))
    await program.dispose()
  }
  for (const name of Object.keys(results[0]!)) {
    const [expected, got] = results.map(result => floatsOf(result[name]!))
    const worst = expected!.reduce((top, v, i) => Math.max(top, Math.abs(v - got![i]!)), 0)
    expect(worst, name).toBeLessThan(2e-6)
  }
})
