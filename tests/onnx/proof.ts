import type { Program } from '../../src/core/exec/executor.ts'
import { Builder } from '../../src/core/onnx/builder.ts'
import { gradient } from '../../src/core/onnx/gradient.ts'
import { elements, numbersOf, type Tensor, type Value } from '../../src/core/onnx/graph.ts'
import { writeModel } from '../../src/core/onnx/proto.ts'
import type { OpCase } from './op-cases.ts'

export interface Proof {
  model: Uint8Array
  /** Inputs by which the model gives gradients, as outputs `d.NAME`. */
  by: string[]
}

/** A model that gives `result` y, the scalar `loss` Σ y + .3 y², and the loss's gradients. */
export const proofOf = ({ inputs, build, symbols = {}, constants = [] }: OpCase): Proof => {
  const b = new Builder('proof')
  const values: Record<string, Value> = {}
  for (const [name, tensor] of Object.entries(inputs)) {
    values[name] = b.input(name, tensor.dtype, symbols[name] ?? tensor.shape)
  }
  const y = build(b, values)
  const axes = y.shape.map((_, axis) => axis)
  const loss = b.reduceSum(b.mul(y, b.add(b.mul(y, 0.3), 1)), axes, { keepdims: 0 })
  const by = Object.keys(inputs).filter(
    name => inputs[name]!.dtype === 'float32' && !constants.includes(name),
  )
  const grads = gradient(
    b,
    loss,
    by.map(name => values[name]!),
  )
  const outputs = Object.fromEntries(by.map((name, i) => [`d.${name}`, grads[i]!]))
  return { model: writeModel(b.model({ result: y, loss, ...outputs })), by }
}

/** The tensor with one element moved, in float64. */
export const moved = (tensor: Tensor, index: number, by: number): Tensor => {
  const data = Float64Array.from(numbersOf(tensor))
  data[index]! += by
  return { ...tensor, data }
}

/**
 * Largest difference between the gradient by `name` and the central difference of the loss, over
 * `count` elements spread evenly, relative to max(1, |gradient|). Wants a float64 program.
 */
export const worstDifference = async (
  program: Program,
  feeds: Record<string, Tensor>,
  name: string,
  count = Number.POSITIVE_INFINITY,
): Promise<number> => {
  const step = 1e-5
  const size = elements(feeds[name]!.shape)
  const results = await program.run(feeds, [`d.${name}`])
  const expected = numbersOf(results[`d.${name}`]!)
  let worst = expected.length === size ? 0 : Number.POSITIVE_INFINITY
  for (let index = 0; index < size; index += Math.max(1, Math.floor(size / count))) {
    const lossAt = async (by: number): Promise<number> => {
      const fed = { ...feeds, [name]: moved(feeds[name]!, index, by) }
      return numbersOf((await program.run(fed, ['loss'])).loss!)[0]!
    }
    const slope = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step)
    const error = Math.abs(slope - expected[index]!) / Math.max(1, Math.abs(slope))
    worst = Math.max(worst, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error)
  }
  return worst
}
