import { beforeAll, describe, expect, test } from 'bun:test'
import { fitDetector } from '../../src/core/detect/fit-detector.ts'
import { trialSequences } from '../../src/core/detect/trials.ts'
import type { LogbertError } from '../../src/core/errors.ts'
import type { Executor } from '../../src/core/exec/executor.ts'
import { createWasmExecutor } from '../../src/core/exec/wasm.ts'
import { createLogbertScorer, type LogbertScorer } from '../../src/core/logbert/scorer.ts'
import { namesOfVoices, valuesOf } from '../../src/core/logbert/voices.ts'
import { distinct, type SequenceSet } from '../../src/core/sequence/sequence-set.ts'
import { type LogbertVoices, logbertVoices } from '../../src/core/train/logbert-voices.ts'
import { type TrainedLogbert, trainLogbert } from '../../src/core/train/trainer.ts'
import { madeSessions, SMALL } from '../logbert/language.ts'

/** A numbered type in most sessions makes their sequences single ones. */
const sessions = madeSessions(300, 3).map((events, i) =>
  i % 3 === 0 ? events : [...events.slice(0, 2), 600 + (i % 60), ...events.slice(2)],
)
const set = distinct(sessions)
const config = { ...SMALL, epochs: 4 }
const options = { seed: 1, budget: 0.02, mostNetworks: 2 }

let executor: Executor
let trained: TrainedLogbert
let scorer: LogbertScorer
let made: LogbertVoices

const open = async (training: SequenceSet) => {
  trained = await trainLogbert(training, { executor, seed: 1, config })
  scorer = await createLogbertScorer(trained, executor)
}

beforeAll(async () => {
  executor = await createWasmExecutor({ threads: 1 })
  await open(set)
  made = await logbertVoices(set, trained, scorer, { ...options, executor })
})

describe("LogBERT's voices", () => {
  test('score no sequence that its network has learned as the only one of its kind', async () => {
    const learned = new Set(trained.split.training)
    const [order] = made.voices
    const inTraining = await scorer.score(set.sequences)
    order!.rows!.forEach((row, i) => {
      if (set.weights[row]! > 1 || !learned.has(row)) return
      expect(order!.calibration[i]).not.toBe(inTraining[row]!.order)
    })
    expect(made.networks).toBe(2)
    expect(made.heldOut).toBe(2 * trained.split.heldOut.length)
  })

  test('have calibration weights that stand for all sessions, single ones in their share', () => {
    const { rows, weights } = made.voices[0]!
    const total = (single: boolean) =>
      rows!.reduce((sum, row, i) => {
        const counts = (set.weights[row] === 1) === single
        return counts ? sum + weights![i]! : sum
      }, 0)
    expect(total(true)).toBeCloseTo(set.weights.filter(w => w === 1).length)
    expect(total(true) + total(false)).toBeCloseTo(sessions.length)
  })

  test('have heard the trials of the detector, in their order', async () => {
    const trials = trialSequences(set, 1).sequences
    const scores = await scorer.score(trials)
    made.voices.forEach(({ name, trials: heard }) => {
      expect(heard).toEqual(scores.map(score => valuesOf(score)[name]!))
    })
  })

  test('are heard by a detector under the names of the values', async () => {
    const { seed, budget } = options
    const detector = fitDetector(set, { seed, budget, external: made.voices })
    expect(detector.voices.slice(-namesOfVoices.length)).toEqual([...namesOfVoices])
    const [score] = await scorer.score([sessions[0]!])
    const { voices } = detector.score(sessions[0]!, valuesOf(score!))
    expect(voices.map(voice => voice.name)).toEqual([...detector.voices])
  })

  test('are the same for the same input', async () => {
    const again = await logbertVoices(set, trained, scorer, { ...options, executor })
    expect(again).toEqual(made)
  })

  test('keep to a bound of work, and say what it left out', async () => {
    const bounded = await logbertVoices(set, trained, scorer, {
      ...{ ...options, executor, mostNetworks: 1, mostEvents: 200 },
    })
    const weights = bounded.voices[0]!.weights!
    expect(weights.length).toBeLessThan(60)
    expect(weights.length + bounded.leftOut).toBe(set.sequences.length)
    expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(sessions.length)
  })

  test('tell how far they are, and stop when asked to', async () => {
    const stop = new AbortController()
    const seen: number[] = []
    const call = logbertVoices(set, trained, scorer, {
      ...{ ...options, executor, signal: stop.signal },
      onProgress: ({ network, networks, share }) => {
        seen.push(network + share)
        expect(networks).toBe(2)
        if (network === 2) stop.abort()
      },
    })
    const fault = await call.catch((error: unknown) => error)
    expect((fault as LogbertError).code).toBe('CANCELLED')
    expect(seen[0]).toBe(2)
  })
})

test('there are no voices where nothing could be held out to calibrate them', async () => {
  const few = distinct(madeSessions(6, 1).map((events, i) => [...events, 700 + i]))
  await open(few)
  const none = await logbertVoices(few, trained, scorer, { ...options, executor })
  expect(none).toMatchObject({ voices: [], leftOut: few.sequences.length })
})
