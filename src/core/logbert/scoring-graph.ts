import type { Arrays } from '../onnx/adamw.ts'
import { Builder } from '../onnx/builder.ts'
import { float32 } from '../onnx/graph.ts'
import { writeModel } from '../onnx/proto.ts'
import { headDistance, surpriseOf } from './loss.ts'
import { buildModel, type ModelSize } from './model.ts'

/**
 * Writes the trained network as an ONNX model of its own (opset 18, weights stored), for any
 * runtime. Inputs, all int32: `tokens` [batch, length], filled up with 0; `places` [length]: 0, 1,
 * …; `targets` [batch, length]: the token asked for at each place, 0 for none. Outputs, float32:
 * `surprise` [batch, length]: −ln p of each target, nats; `distance` [batch]: of rows that start
 * with DIST, mean squared distance from the centre; `logp` [batch, length, tokens].
 */
export const writeScoringModel = (
  size: ModelSize,
  weights: Arrays,
  centre: Float32Array,
  metadata: Record<string, string> = {},
): Uint8Array => {
  const b = new Builder('logbert')
  const model = buildModel(b, size, (name, shape) =>
    b.initializer(name, float32(weights[name]!, shape)),
  )
  const targets = b.input('targets', 'int32', ['batch', 'length'])
  const middle = b.initializer('centre', float32(centre, [size.hidden]))
  const surprise = surpriseOf(b, model.logp, targets)
  const distance = headDistance(b, model.head, middle)
  return writeModel(b.model({ surprise, distance, logp: model.logp }), metadata)
}
