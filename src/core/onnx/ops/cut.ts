import { fixedDim, frontAxis, sameShape } from '../dims.ts'
import { type Nd, nd, numbers, offsets, strides, take } from './nd.ts'
import { badGraph, knownNumbers, numberAttribute, type Op } from './op.ts'

export type CutName = 'Concat' | 'Slice' | 'Pad'

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

export const cut: Record<CutName, Op> = { Concat: concat, Slice: slice, Pad: pad }
