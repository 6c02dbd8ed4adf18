import { broadcast, type Dim, divideDims, frontAxis, showShape, sizeOf } from '../dims.ts'
import type { Attributes } from '../graph.ts'
import { broadcastOffsets, nd, numbers, offsets, strides, take } from './nd.ts'
import { badGraph, knownContent, knownNumbers, type Op } from './op.ts'

export type LayoutName = 'Transpose' | 'Reshape' | 'Unsqueeze' | 'Squeeze' | 'Expand' | 'Shape'

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
  Shape: shapeOf,
}
