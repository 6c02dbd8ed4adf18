import { Builder } from '../onnx/builder.ts'
import { gradient } from '../onnx/gradient.ts'
import { elements, float32, type Tensor, type Value } from '../onnx/graph.ts'
import { writeModel } from '../onnx/proto.ts'
import type { Executor } from './executor.ts'

const WIDTH = 128
const ROWS = 32
const LENGTH = 20

/** Forward and backward of two attention-like layers: the mix of work that training has. */
const buildProbe = (): { model: Uint8Array; feeds: Record<string, Tensor> } => {
  const b = new Builder('probe')
  const params: Value[] = []
  const weight = (shape: number[]): Value => {
    const value = b.parameter(`w${params.length}`, shape)
    params.push(value)
    return value
  }
  let x: Value = b.input('x', 'float32', [ROWS, LENGTH, WIDTH])
  for (let layer = 0; layer < 2; layer++) {
    const mixed = b.matmul(b.softmax(b.matmul(x, b.transposeLast(x))), x)
    const wide = b.relu(b.matmul(mixed, weight([WIDTH, 4 * WIDTH])))
    const sum = b.add(x, b.matmul(wide, weight([4 * WIDTH, WIDTH])))
    x = b.layerNorm(sum, weight([WIDTH]), weight([WIDTH]))
  }
  const loss = b.reduceSum(b.mul(x, x), [0, 1, 2], { keepdims: 0 })
  const grads = gradient(b, loss, params)
  const outputs = Object.fromEntries(grads.map((g, i) => [`d${i}`, g]))
  const feeds: Record<string, Tensor> = {}
  for (const { name, shape } of [...params, { name: 'x', shape: [ROWS, LENGTH, WIDTH] }]) {
    const dims = shape as number[]
    const data = Float32Array.from({ length: elements(dims) }, (_, i) => 0.1 * Math.sin(i))
    feeds[name] = float32(data, dims)
  }
  return { model: writeModel(b.model({ loss, ...outputs })), feeds }
}

/** Milliseconds of one step on this executor: the best of a few, after one to warm up. */
export const timeProbe = async (executor: Executor): Promise<number> => {
  const { model, feeds } = buildProbe()
  const program = await executor.compile(model)
  await program.run(feeds)
  let best = Number.POSITIVE_INFINITY
  for (let run = 0; run < 4; run++) {
    const start = performance.now()
    await program.run(feeds)
    best = Math.min(best, performance.now() - start)
  }
  await program.dispose()
  return best
}
