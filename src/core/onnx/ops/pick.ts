import { fixedDim, frontAxis, sameShape } from '../dims.ts'
import type { Dim, Value } from '../graph.ts'
import { nd, offsets, strides, take } from './nd.ts'
import { badGraph, numberAttribute, type Op } from './op.ts'

export type PickName = 'Gather' | 'GatherElements' | 'OneHot' | 'ScatterND'

/**
 * Tables of at most this many rows take their gradient as OneHotᵀ·G, one matrix product that is
 * the same on every run and backend; larger ones add row by row, without the one-hot matrix.
 */
const ONE_HOT_ROWS = 512

const isIndex = (value: Value): boolean => value.dtype === 'int64' || value.dtype === 'int32'

const wrap = (index: number, size: number): number => {
  const at = index < 0 ? index + size : index
  if (at >= 0 && at < size) return at
  throw new RangeError(`index ${index} lies outside an axis of ${size}: pass ids below ${size}`)
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
    return [b.scatterAdd(zeros, b.cast(b.unsqueeze(flat, [1]), 'int64'), g), undefined]
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
        const from = (row * size + wrap(index, size)) * inner
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
      (index, i) => Math.floor(i / picks) * width + wrap(index, width),
    )
    return [take(x!, indices!.shape, from)]
  },
}

/** OneHot(indices, depth, [off, on]) on a new last axis. */
const oneHot: Op = {
  shape(inputs) {
    const [indices, depth, values] = inputs as [Value, Value, Value]
    const size = depth.content?.[0]
    if (size === undefined || !isIndex(indices)) {
      throw badGraph('OneHot', inputs, 'integer indices and a constant int64 depth are wanted')
    }
    return [{ dtype: values.dtype, shape: [...indices.shape, size] }]
  },
  gradient: 'none',
  compute: ([indices, depth, values]) => {
    const size = depth!.data[0]!
    const out = nd(values!.dtype, [...indices!.shape, size])
    out.data.fill(values!.data[0]!)
    indices!.data.forEach((index, i) => {
      const at = index < 0 ? index + size : index
      if (at >= 0 && at < size) out.data[i * size + at] = values!.data[1]!
    })
    return [out]
  },
}

/** ScatterND(table, indices[n, 1], updates[n, …], reduction 'add'): adds updates to rows. */
const scatterND: Op = {
  shape(inputs, attributes) {
    const [table, indices, updates] = inputs as [Value, Value, Value]
    const wanted = [indices.shape[0]!, ...table.shape.slice(1)]
    const fits = indices.shape.length === 2 && indices.shape[1] === 1
    if (!fits || indices.dtype !== 'int64' || !sameShape(updates.shape, wanted)) {
      throw badGraph('ScatterND', inputs, 'table[r, …], int64 indices[n, 1], updates[n, …]')
    }
    if (attributes.reduction !== 'add') throw badGraph('ScatterND', inputs, `reduction 'add' only`)
    return [{ dtype: table.dtype, shape: table.shape }]
  },
  gradient: ({ b, inputs, grads, wanted }) => [
    wanted[0] ? grads[0] : undefined,
    undefined,
    wanted[2] ? b.gather(grads[0]!, b.squeeze(inputs[1]!, [1])) : undefined,
  ],
  compute: ([table, indices, updates]) => {
    const out = nd(table!.dtype, table!.shape, table!.data.slice())
    const width = strides(table!.shape)[0]!
    const rows = offsets(indices!.shape, strides(indices!.shape))
    for (const i of rows) {
      const to = wrap(indices!.data[i]!, table!.shape[0]!) * width
      for (let j = 0; j < width; j++) out.data[to + j]! += updates!.data[i * width + j]!
    }
    return [out]
  },
}

export const pick: Record<PickName, Op> = {
  Gather: gather,
  GatherElements: gatherElements,
  OneHot: oneHot,
  ScatterND: scatterND,
}
