import type { Builder } from '../onnx/builder.ts'
import { elements, type Value } from '../onnx/graph.ts'
import { createRandom } from '../simulator/random.ts'

/** Embeddings start small against the waves of places, which are about 0.7. */
const EMBEDDING = 0.3

/**
 * First weights, drawn from the seed: matrices with deviation 1/√rows (LeCun), scales 1, biases 0,
 * and what ends a residual part made small by the number of parts.
 */
export const initialWeights = (
  params: readonly Value[],
  layers: number,
  seed: number,
): Record<string, Float32Array> => {
  const random = createRandom(seed).fork(1)
  const normal = () =>
    Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
  return Object.fromEntries(
    params.map(({ name, shape }) => {
      const dims = shape as number[]
      const length = elements(dims)
      if (dims.length === 1) {
        return [name, new Float32Array(length).fill(name.endsWith('.scale') ? 1 : 0)]
      }
      const ends = /\.(out|down)$/.test(name)
      const spread =
        name === 'embedding' ? EMBEDDING : 1 / Math.sqrt(dims[0]! * (ends ? 2 * layers : 1))
      return [name, Float32Array.from({ length }, () => spread * normal())]
    }),
  )
}

/** Every weight a training graph of `b` asked for, in order. */
export const parameterSource = (b: Builder) => {
  const params: Value[] = []
  const weight = (name: string, shape: number[]): Value => {
    const value = b.parameter(name, shape)
    params.push(value)
    return value
  }
  return { params, weight }
}
