import { expect, test } from 'bun:test'
import { LogbertError } from '../../src/core/errors.ts'
import { LOGBERT_DEFAULTS } from '../../src/core/logbert/config.ts'
import {
  type Checkpoint,
  readCheckpoint,
  writeCheckpoint,
} from '../../src/core/train/checkpoint.ts'

const checkpoint: Checkpoint = {
  seed: 3,
  config: LOGBERT_DEFAULTS,
  data: 'abc',
  epoch: 4,
  centre: Float32Array.of(0.5, -1),
  state: {
    weights: { embedding: Float32Array.of(1, 2, 3), 'final.scale': Float32Array.of(4) },
    adamw: {
      count: 17,
      mean: { embedding: Float32Array.of(0.1, 0.2, 0.3), 'final.scale': Float32Array.of(0) },
      square: { embedding: Float32Array.of(1e-9, 2, 3), 'final.scale': Float32Array.of(9) },
    },
  },
  best: {
    weights: { embedding: Float32Array.of(7, 8, 9), 'final.scale': Float32Array.of(1) },
    centre: Float32Array.of(1, 1),
    loss: 0.25,
    epoch: 2,
  },
}

test('a checkpoint comes back to the bit', () => {
  expect(readCheckpoint(writeCheckpoint(checkpoint))).toEqual(checkpoint)
})

test('a checkpoint that is truncated, foreign or of another version is refused', () => {
  const bytes = writeCheckpoint(checkpoint)
  const other = bytes.slice()
  other.set(new TextEncoder().encode('"version":7'), 9)
  for (const damaged of [bytes.slice(0, -3), bytes.slice(0, 20), new Uint8Array(5), other]) {
    expect(() => readCheckpoint(damaged)).toThrow(LogbertError)
  }
})
