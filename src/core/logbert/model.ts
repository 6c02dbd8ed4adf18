import type { Builder } from '../onnx/builder.ts'
import { float32, int32, type Value } from '../onnx/graph.ts'
import { DIST, PAD } from '../sequence/vocab.ts'
import type { LogbertConfig } from './config.ts'

export type ModelSize = Pick<LogbertConfig, 'hidden' | 'layers' | 'heads' | 'inner'> & {
  /** Rows of the embedding: all tokens, those of counts included. */
  tokens: number
  /** Most places of a row: of a segment, or of the counts of all event types. */
  places: number
}

/** Where a weight comes from: a fed parameter in training, a stored tensor in scoring. */
export type WeightSource = (name: string, shape: number[]) => Value

export interface LogbertModel {
  /** int32 [batch, length]; PAD behind shorter rows. */
  tokens: Value
  /** int32 [length]: 0, 1, 2, … */
  places: Value
  /** float32 [batch, length, tokens]: ln p of each token at each place. */
  logp: Value
  /** float32 [batch, hidden]: final state of the first token. */
  head: Value
}

const FAR = -1e9

/**
 * LogBERT (Guo et al., arXiv 2103.04475) as one page. A row that starts with DIST is read in both
 * directions, and asks for the events under MASK; any other head makes it causal, and each place
 * asks for the token after it (Vaswani et al., arXiv 1706.03762, §3.2.3).
 */
export const buildModel = (b: Builder, size: ModelSize, weight: WeightSource): LogbertModel => {
  const { hidden, layers, heads, inner } = size
  const width = hidden / heads
  const tokens = b.input('tokens', 'int32', ['batch', 'length'])
  const places = b.input('places', 'int32', ['length'])
  const norm = (name: string, x: Value) =>
    b.layerNorm(x, weight(`${name}.scale`, [hidden]), weight(`${name}.shift`, [hidden]))
  const linear = (name: string, x: Value, from: number, to: number) =>
    b.linear(x, weight(name, [from, to]), weight(`${name}.bias`, [to]))
  const split = (x: Value, part: number, perm: number[]) =>
    b.transpose(
      b.reshape(b.slice(x, 2, part * hidden, (part + 1) * hidden), [
        'batch',
        'length',
        heads,
        width,
      ]),
      perm,
    )

  const blocked = attentionMask(b, tokens, places) //                  [batch, 1, length, length]
  const table = b.initializer('waves', waves(size.places, hidden))
  let x = b.add(
    b.gather(weight('embedding', [size.tokens, hidden]), tokens), //   [batch, length, hidden]
    b.gather(table, places), //                                        [length, hidden]
  )
  for (let layer = 0; layer < layers; layer++) {
    // Norms stand before each part (Xiong et al., arXiv 2002.04745): trains at a high rate.
    const qkv = linear(`${layer}.qkv`, norm(`${layer}.norm1`, x), hidden, 3 * hidden)
    const q = b.mul(split(qkv, 0, [0, 2, 1, 3]), 1 / Math.sqrt(width)) // [batch, heads, length, width]
    const k = split(qkv, 1, [0, 2, 3, 1]) //                           [batch, heads, width, length]
    const v = split(qkv, 2, [0, 2, 1, 3]) //                           [batch, heads, length, width]
    const share = b.softmax(b.add(b.matmul(q, k), blocked)) //         [batch, heads, length, length]
    const mixed = b.transpose(b.matmul(share, v), [0, 2, 1, 3]) //     [batch, length, heads, width]
    const joined = b.reshape(mixed, ['batch', 'length', hidden]) //    [batch, length, hidden]
    x = b.add(x, linear(`${layer}.out`, joined, hidden, hidden))
    const wide = b.relu(linear(`${layer}.up`, norm(`${layer}.norm2`, x), hidden, inner))
    x = b.add(x, linear(`${layer}.down`, wide, inner, hidden)) //      [batch, length, hidden]
  }
  const final = norm('final', x)
  const logp = b.logSoftmax(linear('predict', final, hidden, size.tokens))
  const first = b.unsqueeze(b.cast(b.equal(places, b.constant(int32([0], []))), 'float32'), [1])
  const head = b.reduceSum(b.mul(final, first), [1], { keepdims: 0 }) // [batch, hidden]
  return { tokens, places, logp, head }
}

/** 0 where a place may look, −10⁹ where not: at padding, and in causal rows at what comes later. */
const attentionMask = (b: Builder, tokens: Value, places: Value): Value => {
  const number = (x: Value) => b.cast(x, 'float32')
  const ids = number(tokens)
  const padding = number(b.equal(ids, PAD)) //                         [batch, length]
  const causal = b.sub(1, number(b.equal(b.slice(ids, 1, 0, 1), DIST))) // [batch, 1]
  const at = number(places)
  const later = number(b.greater(b.unsqueeze(at, [0]), b.unsqueeze(at, [1]))) // [length, length]
  const hidden = b.add(
    b.unsqueeze(padding, [1, 2]), //                                   [batch, 1, 1, length]
    b.mul(b.unsqueeze(causal, [2, 3]), later), //                      [batch, 1, length, length]
  )
  return b.mul(hidden, FAR)
}

/** Sine and cosine waves for places, as the paper has them (arXiv 1706.03762, §3.5). */
const waves = (places: number, hidden: number) => {
  const data = new Float32Array(places * hidden)
  for (let i = 0; i < places; i++) {
    for (let j = 0; j < hidden; j++) {
      const angle = i / 10_000 ** ((j - (j % 2)) / hidden)
      data[i * hidden + j] = j % 2 === 0 ? Math.sin(angle) : Math.cos(angle)
    }
  }
  return float32(data, [places, hidden])
}
