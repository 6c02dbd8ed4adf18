import type { Builder } from '../onnx/builder.ts'
import type { Value } from '../onnx/graph.ts'
import type { LogbertModel } from './model.ts'

export interface LogbertLoss {
  /** Weighted mean of −ln p of the targets, nats; []. */
  prediction: Value
  /** Weighted sum of squared distances of DIST from the centre; []. */
  sphere: Value
  total: Value
}

/** Squared distance of the head from the centre of normal sessions, per width; [batch]. */
export const headDistance = (b: Builder, head: Value, centre: Value): Value => {
  const away = b.sub(head, centre)
  return b.reduceMean(b.mul(away, away), [1], { keepdims: 0 })
}

/** −ln p of the target at each place; [batch, length]. */
export const surpriseOf = (b: Builder, logp: Value, targets: Value): Value =>
  b.neg(b.squeeze(b.gatherElements(logp, b.unsqueeze(targets, [2])), [2]))

/**
 * The paper's two objectives (§4.2): masked (here also next and count) prediction, and the volume
 * of the hypersphere. Weights are fed: `targetWeight` [batch, length] sums to 1, `headWeight`
 * [batch] to the objective's weight.
 */
export const buildLoss = (
  b: Builder,
  { logp, head }: LogbertModel,
  hidden: number,
): LogbertLoss => {
  const targets = b.input('targets', 'int32', ['batch', 'length'])
  const targetWeight = b.input('targetWeight', 'float32', ['batch', 'length'])
  const headWeight = b.input('headWeight', 'float32', ['batch'])
  const centre = b.input('centre', 'float32', [hidden])
  const all = (x: Value, w: Value) =>
    b.reduceSum(
      b.mul(x, w),
      x.shape.map((_, i) => i),
      { keepdims: 0 },
    )
  const prediction = all(surpriseOf(b, logp, targets), targetWeight)
  const sphere = all(headDistance(b, head, centre), headWeight)
  return { prediction, sphere, total: b.add(prediction, sphere) }
}
