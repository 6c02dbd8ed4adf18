import { fixedDim, frontAxis, sizeOf } from '../dims.ts'
import type { Shape, Value } from '../graph.ts'
import { broadcastOffsets, type Nd, nd, numbers } from './nd.ts'
import { badGraph, type GradientArgs, knownNumbers, numberAttribute, type Op } from './op.ts'

export type ReduceName = 'ReduceSum' | 'ReduceMean' | 'ReduceMax'

const kept = (shape: Shape, axes: readonly number[]): (number | string)[] => {
  const front = axes.map(axis => frontAxis(axis, shape.length))
  return shape.map((dim, axis) => (front.includes(axis) ? 1 : dim))
}

const dropped = (shape: Shape, axes: readonly number[]): (number | string)[] => {
  const front = axes.map(axis => frontAxis(axis, shape.length))
  return shape.filter((_, axis) => !front.includes(axis))
}

const fold = (x: Nd, axes: readonly number[], keep: boolean, start: number, f: Fold): Nd => {
  const shape = kept(x.shape, axes) as number[]
  const out = nd(x.dtype, shape)
  out.data.fill(start)
  const to = broadcastOffsets(shape, x.shape)
  for (let i = 0; i < to.length; i++) out.data[to[i]!] = f(out.data[to[i]!]!, x.data[i]!)
  return { ...out, shape: keep ? shape : (dropped(x.shape, axes) as number[]) }
}

type Fold = (sum: number, value: number) => number

/** The gradient or result with the reduced axes put back as 1, so that it broadcasts over x. */
const withAxes = ({ b, inputs, attributes }: GradientArgs, value: Value): Value =>
  numberAttribute(attributes, 'keepdims', 1) === 1
    ? value
    : b.unsqueeze(
        value,
        knownNumbers('Reduce', inputs, 1)
          .map(axis => frontAxis(axis, inputs[0]!.shape.length))
          .sort((p, q) => p - q),
      )

const reduceOp = (name: ReduceName, gradient: (args: GradientArgs) => Value, run: Run): Op => ({
  shape(inputs, attributes) {
    const x = inputs[0]!
    const axes = knownNumbers(name, inputs, 1)
    if (x.dtype === 'bool') throw badGraph(name, inputs, 'it takes numbers: cast first')
    const keep = numberAttribute(attributes, 'keepdims', 1) === 1
    return [{ dtype: x.dtype, shape: keep ? kept(x.shape, axes) : dropped(x.shape, axes) }]
  },
  gradient: args => [gradient(args), undefined],
  compute: ([x, axes], attributes) => [
    run(x!, numbers(axes!), numberAttribute(attributes, 'keepdims', 1) === 1),
  ],
})

type Run = (x: Nd, axes: number[], keep: boolean) => Nd

/** Number of elements behind each output. */
const groupSize = (shape: Shape, axes: readonly number[]) =>
  sizeOf(axes.map(axis => shape[frontAxis(axis, shape.length)]!))

const sumUp: Fold = (sum, value) => sum + value

export const reduce: Record<ReduceName, Op> = {
  ReduceSum: reduceOp(
    'ReduceSum',
    args => args.b.expandLike(withAxes(args, args.grads[0]!), args.inputs[0]!),
    (x, axes, keep) => fold(x, axes, keep, 0, sumUp),
  ),
  ReduceMean: reduceOp(
    'ReduceMean',
    args => {
      const { b, inputs, grads } = args
      const size = groupSize(inputs[0]!.shape, knownNumbers('ReduceMean', inputs, 1))
      const n = fixedDim(size, 'the gradient of ReduceMean')
      return b.expandLike(b.mul(withAxes(args, grads[0]!), 1 / n), inputs[0]!)
    },
    (x, axes, keep) => {
      const out = fold(x, axes, keep, 0, sumUp)
      const n = groupSize(x.shape, axes) as number
      return { ...out, data: out.data.map(value => value / n) }
    },
  ),
  // shared evenly among equal largest elements
  ReduceMax: reduceOp(
    'ReduceMax',
    args => {
      const { b, inputs, outputs, grads } = args
      const hit = b.cast(b.equal(inputs[0]!, withAxes(args, outputs[0]!)), 'float32')
      const count = b.reduceSum(hit, knownNumbers('ReduceMax', inputs, 1))
      return b.mul(hit, b.div(withAxes(args, grads[0]!), count))
    },
    (x, axes, keep) => fold(x, axes, keep, -Infinity, Math.max),
  ),
}
