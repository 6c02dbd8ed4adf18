import { broadcast } from '../dims.ts'
import type { DType, Value } from '../graph.ts'
import { DTYPE_CODES } from '../proto.ts'
import { broadcastOffsets, map, nd, zip } from './nd.ts'
import { badGraph, numberAttribute, type Op } from './op.ts'

export type SelectName = 'Where' | 'Cast' | 'Clip'

const castTarget = (code: number): DType | undefined =>
  (Object.keys(DTYPE_CODES) as DType[]).find(dtype => DTYPE_CODES[dtype] === code)

/** Where(condition, x, y): x where true, else y; all three broadcast. */
const where: Op = {
  shape(inputs) {
    const [condition, x, y] = inputs as [Value, Value, Value]
    if (condition.dtype !== 'bool') throw badGraph('Where', inputs, 'the condition must be bool')
    if (x.dtype !== y.dtype) throw badGraph('Where', inputs, 'both choices must be of one type')
    const choice = broadcast(x.shape, y.shape)
    const shape = choice && broadcast(condition.shape, choice)
    if (shape === undefined) throw badGraph('Where', inputs, 'the three shapes must broadcast')
    return [{ dtype: x.dtype, shape }]
  },
  gradient: ({ b, inputs, grads, wanted }) => {
    const [condition, x, y] = inputs as [Value, Value, Value]
    const g = grads[0]!
    return [
      undefined,
      wanted[1] ? b.sumTo(b.where(condition, g, 0), x.shape) : undefined,
      wanted[2] ? b.sumTo(b.where(condition, 0, g), y.shape) : undefined,
    ]
  },
  compute: ([condition, x, y]) => {
    const shape = broadcast(condition!.shape, broadcast(x!.shape, y!.shape)!) as number[]
    const [at, left, right] = [condition!, x!, y!].map(item => broadcastOffsets(item.shape, shape))
    const out = nd(x!.dtype, shape)
    for (let i = 0; i < out.data.length; i++) {
      out.data[i] = condition!.data[at![i]!] !== 0 ? x!.data[left![i]!]! : y!.data[right![i]!]!
    }
    return [out]
  },
}

/** Cast(x, to): between float32, int32, int64 and bool; float to whole numbers truncates. */
const cast: Op = {
  shape(inputs, attributes) {
    const dtype = castTarget(numberAttribute(attributes, 'to', 0))
    if (dtype === undefined) throw badGraph('Cast', inputs, `'to' must name a known element type`)
    const { shape, content } = inputs[0]!
    return [{ dtype, shape, ...(dtype === 'int64' && content && { content }) }]
  },
  gradient: ({ outputs, grads }) => [outputs[0]!.dtype === 'float32' ? grads[0] : undefined],
  compute: ([x], attributes) => {
    const dtype = castTarget(numberAttribute(attributes, 'to', 0))!
    if (dtype === 'float32') return [map(x!, v => v, dtype)]
    return [map(x!, dtype === 'bool' ? v => (v !== 0 ? 1 : 0) : Math.trunc, dtype)]
  },
}

/** Clip(x, min, max) with scalar bounds. */
const clip: Op = {
  shape(inputs) {
    const [x, low, high] = inputs as [Value, Value, Value]
    if (x.dtype !== 'float32' || low.shape.length > 0 || high.shape.length > 0) {
      throw badGraph('Clip', inputs, 'it takes float32 with two scalar bounds')
    }
    return [{ dtype: x.dtype, shape: x.shape }]
  },
  // only what was left as it is passes
  gradient: ({ b, inputs, outputs, grads }) => [
    b.where(b.equal(inputs[0]!, outputs[0]!), grads[0]!, 0),
    undefined,
    undefined,
  ],
  compute: ([x, low, high]) => [zip(zip(x!, low!, Math.max), high!, Math.min)],
}

export const select: Record<SelectName, Op> = { Where: where, Cast: cast, Clip: clip }
