import { Builder } from '../../src/core/onnx/builder.ts'
import {
  elements,
  float32,
  int32,
  int64,
  type Tensor,
  type Value,
} from '../../src/core/onnx/graph.ts'

export interface TransformerSize {
  vocabulary: number
  hidden: number
  layers: number
  heads: number
  /** Width of the feed-forward part. */
  inner: number
  batch: number | string
  length: number
  /** 'relu' or 'gelu' in the feed-forward part. */
  activation?: 'relu' | 'gelu'
}

/** A plain post-norm transformer encoder with a softmax over the vocabulary at every position. */
export interface Transformer {
  b: Builder
  params: Value[]
  logProbabilities: Value
  /** Mean −log p of `target` [batch, length] (int64), times the fed `scale`, as a scalar. */
  loss: Value
}

export const buildTransformer = (size: TransformerSize): Transformer => {
  const { vocabulary, hidden, layers, heads, inner, batch, length, activation = 'gelu' } = size
  const b = new Builder('transformer')
  const params: Value[] = []
  const weight = (name: string, shape: number[]): Value => {
    const value = b.parameter(name, shape)
    params.push(value)
    return value
  }
  const ids = b.input('ids', 'int32', [batch, length])
  const target = b.input('target', 'int64', [batch, length])
  const scale = b.input('scale', 'float32', [])
  const split = (x: Value, perm: number[]) =>
    b.transpose(b.reshape(x, [batch, length, heads, hidden / heads]), perm)

  let x = b.add(
    b.gather(weight('tokens', [vocabulary, hidden]), ids),
    weight('positions', [length, hidden]),
  )
  for (let layer = 0; layer < layers; layer++) {
    const project = (name: string, from: number, to: number, input: Value) =>
      b.linear(input, weight(`${layer}.${name}`, [from, to]), weight(`${layer}.${name}.bias`, [to]))
    const norm = (name: string, input: Value) =>
      b.layerNorm(
        input,
        weight(`${layer}.${name}`, [hidden]),
        weight(`${layer}.${name}.bias`, [hidden]),
      )
    const q = split(
      b.mul(project('query', hidden, hidden, x), 1 / Math.sqrt(hidden / heads)),
      [0, 2, 1, 3],
    )
    const k = split(project('key', hidden, hidden, x), [0, 2, 3, 1])
    const v = split(project('value', hidden, hidden, x), [0, 2, 1, 3])
    const mixed = b.matmul(b.softmax(b.matmul(q, k)), v)
    const merged = b.reshape(b.transpose(mixed, [0, 2, 1, 3]), [batch, length, hidden])
    x = norm('norm1', b.add(x, project('out', hidden, hidden, merged)))
    const wide = project('up', hidden, inner, x)
    const bent = activation === 'relu' ? b.relu(wide) : b.gelu(wide)
    x = norm('norm2', b.add(x, project('down', inner, hidden, bent)))
  }
  const logits = b.linear(
    x,
    weight('head', [hidden, vocabulary]),
    weight('head.bias', [vocabulary]),
  )
  const logProbabilities = b.logSoftmax(logits)
  const picked = b.gatherElements(logProbabilities, b.unsqueeze(target, [-1]))
  const loss = b.mul(b.neg(b.reduceSum(picked, [0, 1, 2], { keepdims: 0 })), scale)
  return { b, params, logProbabilities, loss }
}

/** Feeds for a batch of `[rows, length]`: fixed waves as weights, ids that use the vocabulary. */
export const transformerFeeds = (
  { params }: Pick<Transformer, 'params'>,
  vocabulary: number,
  shape: [number, number],
  spread = 0.4,
): Record<string, Tensor> => {
  const count = shape[0] * shape[1]
  const ids = Array.from({ length: count }, (_, i) => (i * 4 + Math.floor(i / 3)) % vocabulary)
  const feeds: Record<string, Tensor> = {
    ids: int32(ids, shape),
    target: int64(ids.toReversed(), shape),
    scale: float32([1 / count], []),
  }
  params.forEach(({ name, shape: dims }, p) => {
    const wave = (_: unknown, i: number) => Math.sin(1 + p * 3.7 + i * (i % 97) * 0.31 + i)
    const size = dims as number[]
    const base = name.includes('norm') && !name.includes('bias') ? 1 : 0
    feeds[name] = float32(
      Array.from({ length: elements(size) }, (_, i) => base + spread * wave(_, i)),
      size,
    )
  })
  return feeds
}
