import { broadcast, sameShape } from '../dims.ts'
import type { Dim, Value } from '../graph.ts'
import { broadcastOffsets, type Nd, nd, zip } from './nd.ts'
import { badGraph, numberAttribute, type Op } from './op.ts'

export type ProductName = 'MatMul' | 'Gemm'

/** out[m, n] += Σ_k a·b on plain arrays, with a step for each axis so that no copy is turned. */
const multiply = (
  [m, k, n]: readonly [number, number, number],
  a: { data: Float64Array; at: number; row: number; column: number },
  b: { data: Float64Array; at: number; row: number; column: number },
  out: Float64Array,
  to: number,
): void => {
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) {
      const left = a.data[a.at + i * a.row + p * a.column]!
      for (let j = 0; j < n; j++) {
        out[to + i * n + j]! += left * b.data[b.at + p * b.row + j * b.column]!
      }
    }
  }
}

const matmulShape = (x: Value, y: Value): Dim[] | undefined => {
  if (x.shape.length < 2 || y.shape.length < 2 || x.shape.at(-1) !== y.shape.at(-2))
    return undefined
  const lead = broadcast(x.shape.slice(0, -2), y.shape.slice(0, -2))
  return lead && [...lead, x.shape.at(-2)!, y.shape.at(-1)!]
}

const matmulCompute = (x: Nd, y: Nd): Nd => {
  const lead = broadcast(x.shape.slice(0, -2), y.shape.slice(0, -2)) as number[]
  const [m, k] = x.shape.slice(-2) as [number, number]
  const n = y.shape.at(-1)!
  const out = nd(x.dtype, [...lead, m, n])
  const left = broadcastOffsets(x.shape.slice(0, -2), lead)
  const right = broadcastOffsets(y.shape.slice(0, -2), lead)
  for (let batch = 0; batch < left.length; batch++) {
    multiply(
      [m, k, n],
      { data: x.data, at: left[batch]! * m * k, row: k, column: 1 },
      { data: y.data, at: right[batch]! * k * n, row: n, column: 1 },
      out.data,
      batch * m * n,
    )
  }
  return out
}

const matmul: Op = {
  shape(inputs) {
    const [x, y] = inputs as [Value, Value]
    const shape = matmulShape(x, y)
    if (shape === undefined || x.dtype !== 'float32' || y.dtype !== 'float32') {
      throw badGraph('MatMul', inputs, 'float32[…, m, k] and float32[…, k, n] are wanted')
    }
    return [{ dtype: 'float32', shape }]
  },
  // dX = G·Yᵀ, dY = Xᵀ·G. A shared right-hand matrix (a weight) takes one flat product over all
  // rows instead of a batch of products and a sum.
  gradient: ({ b, inputs, grads, wanted }) => {
    const [x, y] = inputs as [Value, Value]
    const g = grads[0]!
    const flat = y.shape.length === 2
    const rows = (value: Value) =>
      value.shape.length === 2 ? value : b.reshape(value, [-1, value.shape.at(-1)!])
    const dx = () =>
      g.shape.length === 2
        ? b.gemm(g, y, { transB: 1 })
        : b.sumTo(b.matmul(g, b.transposeLast(y)), x.shape)
    const dy = () =>
      flat
        ? b.gemm(rows(x), rows(g), { transA: 1 })
        : b.sumTo(b.matmul(b.transposeLast(x), g), y.shape)
    return [wanted[0] ? dx() : undefined, wanted[1] ? dy() : undefined]
  },
  compute: ([x, y]) => [matmulCompute(x!, y!)],
}

const flags = (attributes: Parameters<Op['shape']>[1]) => ({
  transA: numberAttribute(attributes, 'transA', 0),
  transB: numberAttribute(attributes, 'transB', 0),
  alpha: numberAttribute(attributes, 'alpha', 1),
  beta: numberAttribute(attributes, 'beta', 1),
})

/** Gemm: α·A′·B′ + β·C on matrices, ′ a transposition where transA or transB is 1; C may lack. */
const gemm: Op = {
  shape(inputs, attributes) {
    const [x, y, c] = inputs
    const { transA, transB } = flags(attributes)
    const fits =
      x!.shape.length === 2 &&
      y!.shape.length === 2 &&
      x!.shape[1 - transA] === y!.shape[transB] &&
      inputs.every(item => item.dtype === 'float32')
    const shape = [x!.shape[transA]!, y!.shape[1 - transB]!]
    const bias = c === undefined || sameShape(broadcast(shape, c.shape) ?? [], shape)
    if (fits && bias) return [{ dtype: 'float32', shape }]
    throw badGraph(
      'Gemm',
      inputs,
      `float32 matrices that fit with transA ${transA}, transB ${transB}`,
    )
  },
  gradient: ({ b, inputs, attributes, grads, wanted }) => {
    const [x, y, c] = inputs as [Value, Value, Value | undefined]
    const { transA, transB, alpha, beta } = flags(attributes)
    const g = grads[0]!
    const dx = () =>
      transA === 0
        ? b.gemm(g, y, { transB: 1 - transB, alpha })
        : b.gemm(y, g, { transA: transB, transB: 1, alpha })
    const dy = () =>
      transB === 0
        ? b.gemm(x, g, { transA: 1 - transA, alpha })
        : b.gemm(g, x, { transA: 1, transB: transA, alpha })
    const dc = () => b.sumTo(beta === 1 ? g : b.mul(g, beta), c!.shape)
    return [
      wanted[0] ? dx() : undefined,
      wanted[1] ? dy() : undefined,
      c !== undefined && wanted[2] ? dc() : undefined,
    ]
  },
  compute: ([x, y, c], attributes) => {
    const { transA, transB, alpha, beta } = flags(attributes)
    const [m, k] = [x!.shape[transA]!, x!.shape[1 - transA]!]
    const n = y!.shape[1 - transB]!
    const product = nd('float32', [m, n])
    const view = ({ data, shape }: Nd, turned: number) =>
      turned === 0
        ? { data, at: 0, row: shape[1]!, column: 1 }
        : { data, at: 0, row: 1, column: shape[1]! }
    multiply([m, k, n], view(x!, transA), view(y!, transB), product.data, 0)
    product.data.forEach((value, i) => {
      product.data[i] = value * alpha
    })
    return [c === undefined ? product : zip(product, c, (p, q) => p + beta * q)]
  },
}

export const product: Record<ProductName, Op> = { MatMul: matmul, Gemm: gemm }
