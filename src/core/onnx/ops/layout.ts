import {
  broadcast,
  type Dim,
  divideDims,
  fixedDim,
  frontAxis,
  sameShape,
  showShape,
  sizeOf,
} from '../dims.ts'
import type { Attributes, Value } from '../graph.ts'
import { broadcastOffsets, type Nd, nd, numbers, offsets, strides, take } from './nd.ts'
import { badGraph, knownContent, knownNumbers, numberAttribute, type Op } from './op.ts'

export type LayoutName =
  | 'Transpose'
  | 'Reshape'
  | 'Unsqueeze'
  | 'Squeeze'
  | 'Expand'
  | 'Concat'
  | 'Slice'
  | 'Pad'
  | 'Shape'

const permutation = (rank: number, attributes: Attributes): number[] => {
  const perm = attributes.perm
  return Array.isArray(perm)
    ? [...(perm as number[])]
    : Array.from({ length: rank }, (_, i) => rank - 1 - i)
}

const transpose: Op = {
  shape(inputs, attributes) {
    const { dtype, shape } = inputs[0]!
    const perm = permutation(shape.length, attributes)
    if (
      [...perm].sort((a, b) => a - b).some((axis, i) => axis !== i) ||
      perm.length !== shape.length
    ) {
      throw badGraph('Transpose', inputs, `perm [${perm}] must name each axis once`)
    }
    return [{ dtype, shape: perm.map(axis => shape[axis]!) }]
  },
  gradient: ({ b, inputs, attributes, grads }) => {
    const perm = permutation(inputs[0]!.shape.length, attributes)
    return [
      b.transpose(
        grads[0]!,
        perm.map((_, axis) => perm.indexOf(axis)),
      ),
    ]
  },
  compute: ([x], attributes) => {
    const perm = permutation(x!.shape.length, attributes)
    const shape = perm.map(axis => x!.shape[axis]!)
    const steps = strides(x!.shape)
    return [
      take(
        x!,
        shape,
        offsets(
          shape,
          perm.map(axis => steps[axis]!),
        ),
      ),
    ]
  },
}

/** Target of Reshape with 0 (keep this axis) and −1 (the rest) worked out. */
const resolveTarget = (from: readonly Dim[], target: readonly Dim[]): Dim[] | undefined => {
  const dims = target.map((dim, axis) => (dim === 0 ? (from[axis] ?? 0) : dim))
  const free = dims.indexOf(-1)
  if (free < 0) return sizeOf(dims) === sizeOf(from) ? dims : undefined
  const rest = divideDims(from, dims.toSpliced(free, 1))
  return rest === undefined ? undefined : dims.with(free, rest)
}

const reshape: Op = {
  shape(inputs) {
    const { dtype, shape } = inputs[0]!
    const target = knownContent('Reshape', inputs, 1)
    const resolved = resolveTarget(shape, target)
    if (resolved !== undefined) return [{ dtype, shape: resolved }]
    throw badGraph('Reshape', inputs, `the target ${showShape(target)} must hold as many elements`)
  },
  gradient: ({ b, inputs, grads }) => [b.reshapeLike(grads[0]!, inputs[0]!), undefined],
  compute: ([x, target]) => [
    { ...x!, shape: resolveTarget(x!.shape, numbers(target!)) as number[] },
  ],
}

const frontAxes = (axes: readonly number[], rank: number): number[] =>
  axes.map(axis => frontAxis(axis, rank)).sort((a, b) => a - b)

const unsqueezed = (shape: readonly Dim[], axes: readonly number[]): Dim[] => {
  const out = [...shape]
  for (const axis of frontAxes(axes, shape.length + axes.length)) out.splice(axis, 0, 1)
  return out
}

const unsqueeze: Op = {
  shape: inputs => [
    {
      dtype: inputs[0]!.dtype,
      shape: unsqueezed(inputs[0]!.shape, knownNumbers('Unsqueeze', inputs, 1)),
    },
  ],
  gradient: ({ b, inputs, grads }) => [
    b.squeeze(grads[0]!, knownNumbers('Unsqueeze', inputs, 1)),
    undefined,
  ],
  compute: ([x, axes]) => [{ ...x!, shape: unsqueezed(x!.shape, numbers(axes!)) as number[] }],
}

const squeeze: Op = {
  shape(inputs) {
    const { dtype, shape } = inputs[0]!
    const axes = frontAxes(knownNumbers('Squeeze', inputs, 1), shape.length)
    if (axes.some(axis => shape[axis] !== 1)) {
      throw badGraph('Squeeze', inputs, `axes [${axes}] must all be of size 1`)
    }
    return [{ dtype, shape: shape.filter((_, axis) => !axes.includes(axis)) }]
  },
  gradient: ({ b, inputs, grads }) => [
    b.unsqueeze(grads[0]!, frontAxes(knownNumbers('Squeeze', inputs, 1), inputs[0]!.shape.length)),
    undefined,
  ],
  compute: ([x, axes]) => {
    const out = frontAxes(numbers(axes!), x!.shape.length)
    return [{ ...x!, shape: x!.shape.filter((_, axis) => !out.includes(axis)) }]
  },
}

/** Expand(x, shape): broadcasts both ways, as ONNX defines it. */
const expand: Op = {
  shape(inputs) {
    const shape = broadcast(inputs[0]!.shape, knownContent('Expand', inputs, 1))
    if (shape === undefined) throw badGraph('Expand', inputs, 'the shape must fit by broadcasting')
    return [{ dtype: inputs[0]!.dtype, shape }]
  },
  gradient: ({ b, inputs, grads }) => [b.sumTo(grads[0]!, inputs[0]!.shape), undefined],
  compute: ([x, target]) => {
    const shape = broadcast(x!.shape, numbers(target!)) as number[]
    return [take(x!, shape, broadcastOffsets(x!.shape, shape))]
  },
}

const concat: Op = {
  shape(inputs, attributes) {
    const { dtype, shape } = inputs[0]!
    const axis = frontAxis(numberAttribute(attributes, 'axis', 0), shape.length)
    const rest = shape.toSpliced(axis, 1)
    for (const item of inputs) {
      if (item.dtype !== dtype || !sameShape(item.shape.toSpliced(axis, 1), rest)) {
        throw badGraph('Concat', inputs, `all must agree in type and in every axis but ${axis}`)
      }
    }
    const dims = inputs.map(item => item.shape[axis]!)
    const total = dims.every(dim => typeof dim === 'number')
      ? (dims as number[]).reduce((sum, dim) => sum + dim, 0)
      : dims.join('+')
    return [{ dtype, shape: shape.with(axis, total) }]
  },
  gradient: ({ b, inputs, attributes, grads, wanted }) => {
    const axis = frontAxis(numberAttribute(attributes, 'axis', 0), inputs[0]!.shape.length)
    let end = 0
    return inputs.map((item, i) => {
      const start = end
      end += fixedDim(item.shape[axis]!, 'the gradient of Concat')
      return wanted[i] ? b.slice(grads[0]!, axis, start, end) : undefined
    })
  },
  compute: (inputs, attributes) => {
    const { dtype, shape } = inputs[0]!
    const axis = frontAxis(numberAttribute(attributes, 'axis', 0), shape.length)
    const total = inputs.reduce((sum, item) => sum + item.shape[axis]!, 0)
    const out = nd(dtype, shape.with(axis, total))
    const outer = shape.slice(0, axis).reduce((a, c) => a * c, 1)
    let to = 0
    for (let row = 0; row < outer; row++) {
      for (const { data } of inputs) {
        const block = data.length / outer
        out.data.set(data.subarray(row * block, (row + 1) * block), to)
        to += block
      }
    }
    return [out]
  },
}

/** Start and length on an axis of `size`, both ends clamped as ONNX does. */
const range = (size: number, start: number, end: number): [number, number] => {
  const at = (position: number) =>
    Math.min(Math.max(position < 0 ? position + size : position, 0), size)
  return [at(start), Math.max(0, at(end) - at(start))]
}

/** Slice(x, [start], [end], [axis]) with step 1 on one axis. */
const slice: Op = {
  shape(inputs) {
    const { dtype, shape } = inputs[0]!
    const [start, end, axes] = [1, 2, 3].map(i => knownNumbers('Slice', inputs, i))
    if (axes!.length !== 1) throw badGraph('Slice', inputs, 'one axis at a time')
    const axis = frontAxis(axes![0]!, shape.length)
    const size = shape[axis]!
    if (typeof size === 'number') {
      return [{ dtype, shape: shape.with(axis, range(size, start![0]!, end![0]!)[1]) }]
    }
    const fromOneSide = start![0]! < 0 === end![0]! < 0
    const dim = fromOneSide ? end![0]! - start![0]! : `${size}[${start![0]}:${end![0]}]`
    return [{ dtype, shape: shape.with(axis, dim) }]
  },
  gradient: ({ b, inputs, grads }) => {
    const { shape } = inputs[0]!
    const [start, end, axes] = [1, 2, 3].map(i => knownNumbers('Slice', inputs, i)[0]!)
    const axis = frontAxis(axes!, shape.length)
    const size = fixedDim(shape[axis]!, 'the gradient of Slice')
    const [from, length] = range(size, start!, end!)
    const zero = { before: from, after: size - from - length }
    return [b.pad(grads[0]!, axis, zero.before, zero.after), undefined, undefined, undefined]
  },
  compute: ([x, start, end, axes]) => {
    const axis = frontAxis(axes!.data[0]!, x!.shape.length)
    const [from, length] = range(x!.shape[axis]!, start!.data[0]!, end!.data[0]!)
    const steps = strides(x!.shape)
    const shape = x!.shape.with(axis, length)
    return [take(x!, shape, offsets(shape, steps, from * steps[axis]!))]
  },
}

/** Pad(x, pads): zeros before and after each axis; pads hold all begins, then all ends. */
const pad: Op = {
  shape(inputs) {
    const { dtype, shape } = inputs[0]!
    const pads = knownNumbers('Pad', inputs, 1)
    if (pads.length !== shape.length * 2 || pads.some(item => item < 0)) {
      throw badGraph('Pad', inputs, 'two counts from 0 for each axis: all begins, then all ends')
    }
    const dims = shape.map((dim, axis) => {
      const extra = pads[axis]! + pads[axis + shape.length]!
      return extra === 0 ? dim : fixedDim(dim, 'Pad') + extra
    })
    return [{ dtype, shape: dims }]
  },
  gradient: ({ b, inputs, grads }) => {
    const rank = inputs[0]!.shape.length
    const pads = knownNumbers('Pad', inputs, 1)
    let g = grads[0]!
    for (let axis = 0; axis < rank; axis++) {
      if (pads[axis] === 0 && pads[axis + rank] === 0) continue
      const size = fixedDim(inputs[0]!.shape[axis]!, 'the gradient of Pad')
      g = b.slice(g, axis, pads[axis]!, pads[axis]! + size)
    }
    return [g, undefined]
  },
  compute: ([x, pads]) => {
    const rank = x!.shape.length
    const before = numbers(pads!)
    const shape = x!.shape.map((dim, axis) => dim + before[axis]! + before[axis + rank]!)
    const out: Nd = nd(x!.dtype, shape)
    const steps = strides(shape)
    const start = steps.reduce((sum, step, axis) => sum + step * before[axis]!, 0)
    const to = offsets(x!.shape, steps, start)
    for (let i = 0; i < to.length; i++) out.data[to[i]!] = x!.data[i]!
    return [out]
  },
}

const shapeOf: Op = {
  shape: ([x]) => [{ dtype: 'int64', shape: [x!.shape.length], content: x!.shape }],
  gradient: 'none',
  compute: ([x]) => [nd('int64', [x!.shape.length], Float64Array.from(x!.shape))],
}

export const layout: Record<LayoutName, Op> = {
  Transpose: transpose,
  Reshape: reshape,
  Unsqueeze: unsqueeze,
  Squeeze: squeeze,
  Expand: expand,
  Concat: concat,
  Slice: slice,
  Pad: pad,
  Shape: shapeOf,
}

export type { Value }
