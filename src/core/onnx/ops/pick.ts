import { fixedDim, frontAxis, sameShape } from '../dims.ts'
import type { Dim, Value } from '../graph.ts'
import { nd, take } from './nd.ts'
import { badGraph, numberAttribute, type Op } from './op.ts'

export type PickName = 'Gather' | 'GatherElements' | 'ScatterElements'

/**
 * Tables of at most this many rows take their gradient as one-hotᵀ·G, one matrix product; larger ones add row by row, without the one-hot matrix.
 */
const ONE_HOT_ROWS = 512

const isIndex = (value: Value): boolean => value.dtype === 'int64' || value.dtype === 'int32'

/** Checks an index; negative ones, which ONNX counts from the end, are no part of the vocabulary. */
const within = (index: number, size: number): number => {
  if (index >= 0 && index < size) return index
  throw new RangeError(`index ${index} lies outside an axis of ${size}: pass ids from 0`)
}

/** Gather(table, indices): rows of the axis, here for embeddings: table[rows, …], axis 0. */
const gather: Op = {
  shape(inputs, attributes) {
    const [table, indices] = inputs as [Value, Value]
    if (!isIndex(indices)) throw badGraph('Gather', inputs, 'the indices must be int64 or int32')
    const axis = frontAxis(numberAttribute(attributes, 'axis', 0), table.shape.length)
    return [{ dtype: table.dtype, shape: table.shape.toSpliced(axis, 1, ...indices.shape) }]
  },
  gradient: ({ b, inputs, attributes, grads }) => {
    const [table, indices] = inputs as [Value, Value]
    const axis = frontAxis(numberAttribute(attributes, 'axis', 0), table.shape.length)
    if (axis !== 0 || table.shape.length !== 2) {
      throw badGraph('Gather', inputs, 'its gradient wants a table [rows, width] and axis 0')
    }
    const [rows, width] = table.shape as [Dim, Dim]
    const flat = b.reshape(indices, [-1])
    const g = b.reshape(grads[0]!, [-1, fixedDim(width, 'the gradient of Gather')])
    if (typeof rows === 'number' && rows <= ONE_HOT_ROWS) {
      return [b.gemm(b.oneHot(flat, rows), g, { transA: 1 }), undefined]
    }
    const zeros = b.expandLike(b.scalar(0), table)
    return [b.scatterAdd(zeros, flat, g), undefined]
  },
  compute: ([table, indices], attributes) => {
    const axis = frontAxis(numberAttribute(attributes, 'axis', 0), table!.shape.length)
    const size = table!.shape[axis]!
    const outer = table!.shape.slice(0, axis).reduce((a, c) => a * c, 1)
    const inner = table!.shape.slice(axis + 1).reduce((a, c) => a * c, 1)
    const out = nd(table!.dtype, table!.shape.toSpliced(axis, 1, ...indices!.shape))
    let to = 0
    for (let row = 0; row < outer; row++) {
      for (const index of indices!.data) {
        const from = (row * size + within(index, size)) * inner
        out.data.set(table!.data.subarray(from, from + inner), to)
        to += inner
      }
    }
    return [out]
  },
}

/** GatherElements(x, indices) on the last axis: out[…, k] = x[…, indices[…, k]]. */
const gatherElements: Op = {
  shape(inputs, attributes) {
    const [x, indices] = inputs as [Value, Value]
    const rank = x.shape.length
    const last = frontAxis(numberAttribute(attributes, 'axis', 0), rank) === rank - 1
    const fits = sameShape(x.shape.slice(0, -1), indices.shape.slice(0, -1))
    if (!last || !isIndex(indices) || indices.shape.length !== rank || !fits) {
      throw badGraph('GatherElements', inputs, 'indices[…, k] for x[…, n] on the last axis')
    }
    return [{ dtype: x.dtype, shape: indices.shape }]
  },
  // a one-hot row for each pick, times its gradient, summed over the picks
  gradient: ({ b, inputs, grads }) => {
    const [x, indices] = inputs as [Value, Value]
    const n = fixedDim(x.shape.at(-1)!, 'the gradient of GatherElements')
    if (indices.shape.at(-1) === 1) {
      return [b.mul(b.oneHot(b.squeeze(indices, [-1]), n), grads[0]!), undefined]
    }
    const each = b.mul(b.oneHot(indices, n), b.unsqueeze(grads[0]!, [-1]))
    return [b.reduceSum(each, [-2], { keepdims: 0 }), undefined]
  },
  compute: ([x, indices]) => {
    const width = x!.shape.at(-1)!
    const picks = indices!.shape.at(-1)!
    const from = Int32Array.from(
      indices!.data,
      (index, i) => Math.floor(i / picks) * width + within(index, width),
    )
    return [take(x!, indices!.shape, from)]
  },
}

/**
 * ScatterElements(table, indices, updates) on axis 0 with reduction 'add': table[indices[n, j], j]
 * grows by updates[n, j]. Not ScatterND: onnxruntime's runs in parallel without a lock, and loses
 * updates where a row is named twice.
 */
const scatterElements: Op = {
  shape(inputs, attributes) {
    const [table, indices, updates] = inputs as [Value, Value, Value]
    const width = table.shape.length === 2 && updates.shape[1] === table.shape[1]
    if (!width || !isIndex(indices) || !sameShape(indices.shape, updates.shape)) {
      throw badGraph('ScatterElements', inputs, 'table[r, w], indices[n, w], updates[n, w]')
    }
    if (attributes.reduction !== 'add' || numberAttribute(attributes, 'axis', 0) !== 0) {
      throw badGraph('ScatterElements', inputs, `axis 0 and reduction 'add' are wanted`)
    }
    return [{ dtype: table.dtype, shape: table.shape }]
  },
  // updates[n, j] takes g[indices[n, j], j]: GatherElements on axis 0, here by turning the last
  gradient: ({ b, inputs, grads, wanted }) => {
    const [g, indices] = [grads[0]!, inputs[1]!]
    const picked = () => b.gatherElements(b.transposeLast(g), b.transposeLast(indices))
    return [wanted[0] ? g : undefined, undefined, wanted[2] ? b.transposeLast(picked()) : undefined]
  },
  compute: ([table, indices, updates]) => {
    const out = nd(table!.dtype, table!.shape, table!.data.slice())
    const [rows, width] = table!.shape as [number, number]
    indices!.data.forEach((index, i) => {
      out.data[within(index, rows) * width + (i % width)]! += updates!.data[i]!
    })
    return [out]
  },
}

export const pick: Record<PickName, Op> = {
  Gather: gather,
  GatherElements: gatherElements,
  ScatterElements: scatterElements,
}
