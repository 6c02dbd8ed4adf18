import { beforeAll, describe, expect, test } from 'bun:test'
import type { Executor } from '../../src/core/exec/executor.ts'
import { createReferenceExecutor } from '../../src/core/exec/reference.ts'
import { createWasmExecutor } from '../../src/core/exec/wasm.ts'
import { createLogbertScorer, type LogbertScorer } from '../../src/core/logbert/scorer.ts'
import { readModel } from '../../src/core/onnx/read-proto.ts'
import { type TrainedLogbert, trainLogbert } from '../../src/core/train/trainer.ts'
import { madeSet, SMALL } from './language.ts'

const NORMAL = [100, 101, 300, 301, 400, 401, 402, 900]

let executor: Executor
let trained: TrainedLogbert
let scorer: LogbertScorer

beforeAll(async () => {
  executor = await createWasmExecutor({ threads: 1 })
  trained = await trainLogbert(madeSet(200, 1), { executor, seed: 1, config: SMALL })
  scorer = await createLogbertScorer(trained, executor)
})

const scoreOf = async (sequence: number[]) => (await scorer.score([sequence]))[0]!

describe('a trained LogBERT', () => {
  test('is surprised by an order it has not seen', async () => {
    const swapped = [100, 101, 301, 300, 400, 401, 402, 900]
    expect((await scoreOf(swapped)).order).toBeGreaterThan(2 * (await scoreOf(NORMAL)).order)
  })

  test('is surprised by a session that ends too early', async () => {
    const cut = await scoreOf(NORMAL.slice(0, 5))
    expect(cut.endSurprise).toBeGreaterThan(2)
    expect((await scoreOf(NORMAL)).endSurprise).toBeLessThan(0.5)
  })

  test('is surprised by counts that do not belong together', async () => {
    const twice = [100, 100, 101, 300, 301, 900]
    expect((await scoreOf(twice)).count).toBeGreaterThan((await scoreOf(NORMAL)).count + 2)
  })

  test('gives an unseen event the surprise of the unseen and keeps it in view', async () => {
    const { surprise, count } = await scoreOf([100, 101, 300, 12345, 301, 900])
    expect(surprise[3]).toBeCloseTo(-Math.log(trained.vocab.unseen), 5)
    expect(count).toBeGreaterThan((await scoreOf(NORMAL)).count + 5)
  })

  test('says what it expected', async () => {
    const [expected] = await scorer.explain([100, 101, 301, 900], [1], 3)
    expect(expected!.expected[0]).toMatchObject({ templateId: 101 })
    const [atEnd] = await scorer.explain(NORMAL, [NORMAL.length], 1)
    const [end] = atEnd!.expected
    expect(end!.templateId).toBeUndefined()
    expect(end!.p).toBeGreaterThan(0.5)
  })

  test('probabilities of what is expected sum to one', async () => {
    const [, all] = await scorer.explain(NORMAL, [2, 4, NORMAL.length], 100)
    expect(all!.expected.reduce((sum, { p }) => sum + p, 0)).toBeCloseTo(1, 5)
  })

  test('says how open a place was: the entropy of all that it held possible there', async () => {
    const places = [0, 1, 2, 4, NORMAL.length]
    const all = await scorer.explain(NORMAL, places, 100)
    for (const { expected, entropy } of all) {
      let byHand = 0
      for (const { p } of expected) byHand += p * Math.log(1 / p)
      expect(entropy).toBeCloseTo(byHand, 6)
    }
    // What is left out of the list counts as well.
    const few = await scorer.explain(NORMAL, places, 1)
    expect(few.map(({ entropy }) => entropy)).toEqual(all.map(({ entropy }) => entropy))
    expect(Math.max(...all.map(({ entropy }) => entropy))).toBeGreaterThan(0.1)
  })

  test('says the same of a position, whatever others are asked about beside it', async () => {
    const [alone] = await scorer.explain(NORMAL, [4], 3)
    const [, beside] = await scorer.explain(NORMAL, [2, 4, NORMAL.length], 3)
    expect(beside!.entropy).toBeCloseTo(alone!.entropy, 5)
    for (const [i, { templateId, p }] of alone!.expected.entries()) {
      expect(beside!.expected[i]!.templateId).toBe(templateId!)
      expect(beside!.expected[i]!.p).toBeCloseTo(p, 5)
    }
  })

  test('refuses to explain a position outside of the session', () => {
    expect(scorer.explain(NORMAL, [9], 1)).rejects.toThrow('give 0 to 8')
  })

  test('scores the same in any company, to float tolerance', async () => {
    const others = [NORMAL.slice(0, 2), [...NORMAL, ...NORMAL, ...NORMAL], [100]]
    const fresh = await createLogbertScorer(trained, executor)
    const together = (await fresh.score([...others, NORMAL]))[3]!
    const alone = await scoreOf(NORMAL)
    expect(together.order).toBeCloseTo(alone.order, 4)
    expect(together.count).toBeCloseTo(alone.count, 4)
    expect(together.distance).toBeCloseTo(alone.distance, 4)
    await fresh.dispose()
  })

  test('answers a repeated sequence from memory', async () => {
    const { computed } = scorer.stats
    const [a, b] = await scorer.score([NORMAL, NORMAL])
    expect(a).toBe(b!)
    expect(scorer.stats.computed - computed).toBeLessThanOrEqual(1)
  })

  test('drops nothing: sessions beyond a segment, of one event and of none have their scores', async () => {
    const long = Array.from({ length: 100 }, (_, i) => NORMAL[i % NORMAL.length]!)
    const scores = await scorer.score([long, [100], []])
    expect(scores.map(({ surprise }) => surprise.length)).toEqual([100, 1, 0])
    expect(scores[0]!.surprise.every(nats => nats > 0)).toBe(true)
    expect(scores.every(({ order, count }) => Number.isFinite(order + count))).toBe(true)
  })

  test('scores the same on the reference executor', async () => {
    const reference = await createLogbertScorer(trained, createReferenceExecutor())
    const [plain] = await reference.score([NORMAL])
    const fast = await scoreOf(NORMAL)
    plain!.surprise.forEach((nats, i) => {
      expect(nats).toBeCloseTo(fast.surprise[i]!, 3)
    })
    expect(plain!.count).toBeCloseTo(fast.count, 3)
  })

  test('is an ONNX model with documented inputs and outputs', () => {
    const { inputs, outputs } = readModel(trained.model)
    expect(inputs.map(({ name, dtype }) => `${name} ${dtype}`)).toEqual([
      'tokens int32',
      'places int32',
      'targets int32',
    ])
    expect(outputs.map(({ name }) => name)).toEqual(['surprise', 'distance', 'logp'])
  })
})
