import { broadcast } from '../dims.ts'
import type { DType } from '../graph.ts'
import { elements } from '../graph.ts'

/** Array of the reference arithmetic: every element type is held in float64, row major. */
export interface Nd {
  dtype: DType
  shape: readonly number[]
  data: Float64Array
}

export const nd = (
  dtype: DType,
  shape: readonly number[],
  data = new Float64Array(elements(shape)),
): Nd => ({ dtype, shape, data })

/** Steps in elements between neighbours on each axis. */
export const strides = (shape: readonly number[]): number[] => {
  const out = new Array<number>(shape.length)
  for (let i = shape.length - 1, step = 1; i >= 0; i--) {
    out[i] = step
    step *= shape[i]!
  }
  return out
}

/**
 * For every element of `shape` in row-major order, its offset in an array that is walked with
 * `steps` on each axis: the one loop behind broadcasting, transposing and slicing.
 */
export const offsets = (
  shape: readonly number[],
  steps: readonly number[],
  start = 0,
): Int32Array => {
  const out = new Int32Array(elements(shape))
  const index = new Array<number>(shape.length).fill(0)
  let offset = start
  for (let i = 0; i < out.length; i++) {
    out[i] = offset
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = index[axis]! + 1
      offset += steps[axis]!
      if (index[axis]! < shape[axis]!) break
      offset -= steps[axis]! * shape[axis]!
      index[axis] = 0
    }
  }
  return out
}

/** Offsets into an array of shape `from` when it is broadcast to `shape`. */
export const broadcastOffsets = (from: readonly number[], shape: readonly number[]): Int32Array => {
  const own = strides(from)
  const lead = shape.length - from.length
  return offsets(
    shape,
    shape.map((_, axis) => (axis < lead || from[axis - lead] === 1 ? 0 : own[axis - lead]!)),
  )
}

export const map = (x: Nd, f: (value: number) => number, dtype = x.dtype): Nd =>
  nd(dtype, x.shape, x.data.map(f))

/** Elementwise function of two arrays with broadcasting. */
export const zip = (
  a: Nd,
  b: Nd,
  f: (left: number, right: number) => number,
  dtype = a.dtype,
): Nd => {
  const shape = broadcast(a.shape, b.shape) as number[] | undefined
  if (shape === undefined) throw new RangeError(`[${a.shape}] and [${b.shape}] do not broadcast`)
  const out = nd(dtype, shape)
  const left = broadcastOffsets(a.shape, shape)
  const right = broadcastOffsets(b.shape, shape)
  for (let i = 0; i < out.data.length; i++) {
    out.data[i] = f(a.data[left[i]!]!, b.data[right[i]!]!)
  }
  return out
}

/** Picks the elements at `from`, in order, as an array of `shape`. */
export const take = (x: Nd, shape: readonly number[], from: Int32Array): Nd => {
  const out = nd(x.dtype, shape)
  for (let i = 0; i < from.length; i++) out.data[i] = x.data[from[i]!]!
  return out
}

export const numbers = (x: Nd): number[] => Array.from(x.data)
