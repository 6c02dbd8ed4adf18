import { frontAxis } from '../dims.ts'
import type { Attributes, Value } from '../graph.ts'
import { type Nd, nd } from './nd.ts'
import { badGraph, numberAttribute, type Op } from './op.ts'

export type NormalName = 'Softmax' | 'LogSoftmax' | 'LayerNormalization'

const lastAxisOnly = (name: string, inputs: readonly Value[], attributes: Attributes): void => {
  const { shape, dtype } = inputs[0]!
  const rank = shape.length
  const last = frontAxis(numberAttribute(attributes, 'axis', -1), rank) === rank - 1
  if (last && dtype === 'float32') return
  throw badGraph(name, inputs, 'it works on the last axis of float32: transpose first')
}

/** Runs `f` on every row of the last axis; `f` fills the row of the output. */
const rows = (x: Nd, f: (row: Float64Array, out: Float64Array, index: number) => void): Nd => {
  const out = nd(x.dtype, x.shape)
  const width = x.shape.at(-1)!
  for (let i = 0, at = 0; at < x.data.length; i++, at += width) {
    f(x.data.subarray(at, at + width), out.data.subarray(at, at + width), i)
  }
  return out
}

const logSum = (row: Float64Array): number => {
  const top = row.reduce((a, b) => Math.max(a, b), -Infinity)
  return top + Math.log(row.reduce((sum, value) => sum + Math.exp(value - top), 0))
}

const softmax: Op = {
  shape(inputs, attributes) {
    lastAxisOnly('Softmax', inputs, attributes)
    return [{ dtype: 'float32', shape: inputs[0]!.shape }]
  },
  // dx = y·(g − Σ g·y)
  gradient: ({ b, outputs, grads }) => {
    const gy = b.mul(grads[0]!, outputs[0]!)
    return [b.sub(gy, b.mul(outputs[0]!, b.reduceSum(gy, [-1])))]
  },
  compute: ([x]) => [
    rows(x!, (row, out) => {
      const norm = logSum(row)
      row.forEach((value, i) => {
        out[i] = Math.exp(value - norm)
      })
    }),
  ],
}

const logSoftmax: Op = {
  shape(inputs, attributes) {
    lastAxisOnly('LogSoftmax', inputs, attributes)
    return [{ dtype: 'float32', shape: inputs[0]!.shape }]
  },
  // dx = g − exp(y)·Σ g
  gradient: ({ b, outputs, grads }) => [
    b.sub(grads[0]!, b.mul(b.exp(outputs[0]!), b.reduceSum(grads[0]!, [-1]))),
  ],
  compute: ([x]) => [
    rows(x!, (row, out) => {
      const norm = logSum(row)
      row.forEach((value, i) => {
        out[i] = value - norm
      })
    }),
  ],
}

/**
 * LayerNormalization(x, scale, bias) → (y, mean, inverse deviation) over the last axis
 * (Ba et al., arXiv 1607.06450).
 */
const layerNormalization: Op = {
  shape(inputs, attributes) {
    lastAxisOnly('LayerNormalization', inputs, attributes)
    const [x, scale, bias] = inputs as [Value, Value, Value]
    const width = x.shape.at(-1)!
    for (const item of [scale, bias]) {
      if (item.shape.length !== 1 || item.shape[0] !== width) {
        throw badGraph('LayerNormalization', inputs, `scale and bias must be of shape [${width}]`)
      }
    }
    const rowShape = x.shape.with(-1, 1)
    return [x.shape, rowShape, rowShape].map(shape => ({ dtype: 'float32', shape }))
  },
  // x̂ = (x − μ)/σ, p = g·scale: dx = (p − mean p − x̂·mean(p·x̂))/σ
  gradient: ({ b, inputs, outputs, grads, wanted }) => {
    const [x, scale] = inputs as [Value, Value]
    const [, mean, inverse] = outputs as [Value, Value, Value]
    const g = grads[0]
    if (g === undefined || grads[1] !== undefined || grads[2] !== undefined) {
      throw badGraph('LayerNormalization', inputs, 'only its first output may lead to the loss')
    }
    const normal = b.mul(b.sub(x, mean), inverse)
    const dx = () => {
      const p = b.mul(g, scale)
      const along = b.mul(normal, b.reduceMean(b.mul(p, normal), [-1]))
      return b.mul(b.sub(b.sub(p, b.reduceMean(p, [-1])), along), inverse)
    }
    return [
      wanted[0] ? dx() : undefined,
      wanted[1] ? b.sumTo(b.mul(g, normal), scale.shape) : undefined,
      wanted[2] ? b.sumTo(g, scale.shape) : undefined,
    ]
  },
  compute: ([x, scale, bias], attributes) => {
    const epsilon = Math.fround(numberAttribute(attributes, 'epsilon', 1e-5))
    const mean = nd('float32', x!.shape.with(-1, 1))
    const inverse = nd('float32', x!.shape.with(-1, 1))
    const y = rows(x!, (row, out, index) => {
      const mu = row.reduce((sum, value) => sum + value, 0) / row.length
      const variance = row.reduce((sum, value) => sum + (value - mu) ** 2, 0) / row.length
      mean.data[index] = mu
      inverse.data[index] = 1 / Math.sqrt(variance + epsilon)
      row.forEach((value, i) => {
        out[i] = (value - mu) * inverse.data[index]! * scale!.data[i]! + bias!.data[i]!
      })
    })
    return [y, mean, inverse]
  },
}

export const normal: Record<NormalName, Op> = {
  Softmax: softmax,
  LogSoftmax: logSoftmax,
  LayerNormalization: layerNormalization,
}
