import { beforeAll, describe, expect, test } from 'bun:test'
import { LogbertError } from '../../src/core/errors.ts'
import type { Executor } from '../../src/core/exec/executor.ts'
import { createWasmExecutor } from '../../src/core/exec/wasm.ts'
import { createLogbertScorer } from '../../src/core/logbert/scorer.ts'
import {
  type Checkpoint,
  readCheckpoint,
  writeCheckpoint,
} from '../../src/core/train/checkpoint.ts'
import type { TrainProgress } from '../../src/core/train/progress.ts'
import { trainLogbert } from '../../src/core/train/trainer.ts'
import { madeSet, SMALL } from '../logbert/language.ts'

const set = madeSet(100, 2)
const config = { ...SMALL, epochs: 6 }

let executor: Executor
beforeAll(async () => {
  executor = await createWasmExecutor({ threads: 1 })
})

describe('training', () => {
  test('gives the same model for the same seed, another for another', async () => {
    const [a, b, c] = [
      await trainLogbert(set, { executor, seed: 1, config }),
      await trainLogbert(set, { executor, seed: 1, config }),
      await trainLogbert(set, { executor, seed: 2, config }),
    ]
    expect(a.model).toEqual(b.model)
    expect(a.model).not.toEqual(c.model)
  })

  test('continues from a checkpoint as if it had never stopped', async () => {
    const saved: Uint8Array[] = []
    const onCheckpoint = (checkpoint: Checkpoint) => saved.push(writeCheckpoint(checkpoint))
    const through = await trainLogbert(set, { executor, seed: 1, config, onCheckpoint })
    const resume = readCheckpoint(saved[2]!)
    const resumed = await trainLogbert(set, { executor, seed: 1, config, resume })
    expect(resumed.model).toEqual(through.model)
    expect(resumed.heldOutLoss).toBe(through.heldOutLoss)
    expect(resumed.steps).toBe(through.steps)
  })

  test('refuses a checkpoint of another training', async () => {
    let resume: Checkpoint | undefined
    const onCheckpoint = (checkpoint: Checkpoint) => {
      resume = checkpoint
    }
    await trainLogbert(set, { executor, seed: 1, config: { ...config, epochs: 1 }, onCheckpoint })
    const other = trainLogbert(set, { executor, seed: 1, config, resume: resume! })
    expect(other).rejects.toThrow(/another training set, seed or configuration/)
  })

  test('refuses a checkpoint of another split', async () => {
    let resume: Checkpoint | undefined
    const onCheckpoint = (checkpoint: Checkpoint) => {
      resume = checkpoint
    }
    const short = { ...config, epochs: 1 }
    await trainLogbert(set, { executor, seed: 1, config: short, onCheckpoint })
    const [first, ...training] = set.sequences.map((_, row) => row)
    const other = { training, heldOut: [first!], calibration: [] }
    const call = trainLogbert(set, {
      executor,
      seed: 1,
      config: short,
      split: other,
      resume: resume!,
    })
    expect(call).rejects.toThrow(/another training set/)
  })

  test('learns nothing of what a given split holds out', async () => {
    const fresh = { sequences: [...set.sequences, [1, 2]], weights: [...set.weights, 1] }
    const training = set.sequences.map((_, row) => row)
    const split = { training, heldOut: [training.length], calibration: [] }
    const trained = await trainLogbert(fresh, { executor, seed: 1, config, split })
    expect(trained.vocab.sessions).toBe(100)
    expect(trained.split).toBe(split)
  })

  test('is cancelled by its signal', async () => {
    const stop = new AbortController()
    const onProgress = ({ epoch }: TrainProgress) => {
      if (epoch === 2) stop.abort()
    }
    const training = trainLogbert(set, {
      ...{ executor, seed: 1, config, onProgress },
      signal: stop.signal,
    })
    const fault = await training.catch((error: unknown) => error)
    expect(fault).toBeInstanceOf(LogbertError)
    expect((fault as LogbertError).code).toBe('CANCELLED')
  })

  test('tells how far it is', async () => {
    const seen: TrainProgress[] = []
    const { steps } = await trainLogbert(set, {
      ...{ executor, seed: 1, config },
      onProgress: progress => seen.push(progress),
    })
    const last = seen.at(-1)!
    expect(last).toMatchObject({ phase: 'validate', epoch: 6, epochs: 6, step: steps })
    expect(last.etaSeconds).toBe(0)
    expect(last.tokensPerSecond).toBeGreaterThan(0)
    expect(seen.at(0)!.loss.prediction).toBeGreaterThan(last.loss.prediction)
  })

  test('stops when the held-out loss falls no more, and keeps the best weights', async () => {
    const tired = { ...config, epochs: 200, patience: 2, rate: 0.03 }
    const trained = await trainLogbert(set, { executor, seed: 1, config: tired })
    expect(trained.epochs).toBeLessThan(200)
    expect(trained.bestEpoch).toBe(trained.epochs - 2)
  })
})

describe('the smallest training sets', () => {
  for (const [about, sequences] of [
    ['two sessions', [[1, 2, 3], [4]]],
    ['one session of one event', [[7]]],
    ['one template only', [[5], [5, 5], [5, 5, 5]]],
    ['a session without events', [[], [1]]],
    ['negative ids, which no template has', [[-1, 3], [3]]],
  ] as const) {
    test(`${about} can be learned`, async () => {
      const small = { sequences: sequences.map(s => [...s]), weights: sequences.map(() => 1) }
      const trained = await trainLogbert(small, { executor, seed: 1, config })
      const scorer = await createLogbertScorer(trained, executor)
      const [first] = await scorer.score([small.sequences[0]!])
      expect(Number.isFinite(first!.order + first!.count + first!.distance)).toBe(true)
      await scorer.dispose()
    })
  }

  test('no session at all is refused', () => {
    const empty = trainLogbert({ sequences: [], weights: [] }, { executor, seed: 1 })
    expect(empty).rejects.toThrow(/no session to learn from/)
  })
})

test('a session of more event types than a segment holds can be learned and scored', async () => {
  const many = Array.from({ length: 40 }, (_, i) => i)
  const long = { sequences: [many, many.slice(3), [1, 2]], weights: [2, 1, 3] }
  const trained = await trainLogbert(long, { executor, seed: 1, config: { ...config, segment: 8 } })
  const scorer = await createLogbertScorer(trained, executor)
  const [score] = await scorer.score([many])
  expect(Number.isFinite(score!.count + score!.order)).toBe(true)
  await scorer.dispose()
})
