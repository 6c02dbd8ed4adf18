import { LogbertError } from '../errors.ts'
import type { Engine, LearnInput, LearnOptions, SessionVerdict } from '../pipeline/engine.ts'
import { distinct } from '../sequence/sequence-set.ts'
import { loadBundle, publishBundle } from '../store/bundle.ts'
import { memoryStore } from '../store/byte-store.ts'
import { BASELINES } from './baselines.ts'
import { type LabelledSession, type PartitionOptions, partition } from './partition.ts'
import { type Result, resultOf, type Tried } from './result.ts'

/** Everything to evaluate on, in order, with the sessions in it. */
export interface Corpus {
  sessions: LabelledSession[]
  /** The part of the input that belongs to the sessions of these keys. */
  only(keys: ReadonlySet<string>): LearnInput
  /** Events of the sessions of these keys, for the baselines. */
  sequences(keys: ReadonlySet<string>): number[][]
  source: string
}

export interface EvaluateOptions extends PartitionOptions {
  learn: Omit<LearnOptions, 'name'>
  drift: boolean
}

/** Results by method, the product first, then its voices alone, then the baselines. */
export interface Evaluation {
  training: number
  test: { normal: number; odd: number }
  results: Map<string, Result>
  seconds: { learn: number; score: number }
}

const NAME = 'evaluation'

/**
 * Splits, learns, scores and counts, by the very path of train and score. Labels are used to choose
 * normal sessions for training and to count, never for a threshold.
 * @throws LogbertError BAD_INPUT when there is nothing to learn from or to find
 */
export const evaluate = async (
  corpus: Corpus,
  engine: Engine,
  options: EvaluateOptions,
): Promise<Evaluation> => {
  const { training, test } = partition(corpus.sessions, options)
  const tested = corpus.sessions.filter(({ key }) => test.has(key))
  const odd = tested.filter(session => session.odd).length
  if (odd === 0) {
    throw new LogbertError('BAD_INPUT', 'evaluating failed: no anomalous session is left to find')
  }
  const start = performance.now()
  const store = memoryStore()
  const draft = await engine.learn(
    corpus.only(training),
    { name: NAME, ...options.learn },
    () => undefined,
  )
  await publishBundle(store, draft)
  const bundle = await loadBundle(store, NAME)
  const learned = performance.now()
  const { drift, learn } = options
  const model = await engine.open(bundle, { drift, backend: learn.backend, explain: false })
  const verdicts = new Map<string, SessionVerdict[]>()
  const note = (list: readonly SessionVerdict[]): void => bySession(list, verdicts)
  const input = corpus.only(test)
  if (input.format === 'lines') {
    for await (const lines of input.open()) note((await model.feed(lines)).verdicts)
  } else {
    for await (const rows of input.open()) {
      note((await model.feedRows(rows, corpus.source)).verdicts)
    }
  }
  note((await model.flush()).verdicts)
  return {
    training: training.size,
    test: { normal: tested.length - odd, odd },
    results: resultsOf({ corpus, training, tested, verdicts, budget: options.learn.budget }),
    seconds: {
      learn: (learned - start) / 1000,
      score: (performance.now() - learned) / 1000,
    },
  }
}

type Verdicts = ReadonlyMap<string, readonly SessionVerdict[]>

/** Adds verdicts to those of their sessions. */
export const bySession = (
  list: readonly SessionVerdict[],
  known: Map<string, SessionVerdict[]>,
): void => {
  for (const verdict of list) {
    const own = known.get(verdict.session)
    if (own === undefined) known.set(verdict.session, [verdict])
    else own.push(verdict)
  }
}

/** What was judged, and what the baselines learn from to judge the same. */
export interface Judgement {
  corpus: Corpus
  training: ReadonlySet<string>
  tested: readonly LabelledSession[]
  verdicts: Verdicts
  budget: number
}

/** Results by method: the product, its voices alone, the baselines. */
export const resultsOf = (judgement: Judgement): Map<string, Result> => {
  const { corpus, training, tested, verdicts, budget } = judgement
  return new Map([
    ['logbert edge', resultOf(tested.map(session => tried(session, verdicts)))],
    ...voiceResults(tested, verdicts, budget),
    ...baselineResults(corpus, training, tested, budget),
  ])
}

/** A session that closed in several pieces is as odd as its oddest one. */
const tried = ({ key, odd, sequence }: LabelledSession, verdicts: Verdicts): Tried => {
  const own = verdicts.get(key) ?? []
  return {
    sequence,
    odd,
    score: own.reduce((most, { score }) => Math.max(most, score), 0),
    anomalous: own.some(({ anomalous }) => anomalous),
  }
}

const voiceResults = (
  tested: readonly LabelledSession[],
  verdicts: Verdicts,
  budget: number,
): [string, Result][] => {
  const names = new Set([...verdicts.values()].flat().flatMap(v => v.voices.map(v => v.name)))
  return [...names].map(name => {
    const alone = tested.map(({ key, odd, sequence }): Tried => {
      const heard = (verdicts.get(key) ?? []).flatMap(({ voices }) =>
        voices.filter(voice => voice.name === name),
      )
      const p = heard.reduce((least, { pValue }) => Math.min(least, pValue), 1)
      return { sequence, odd, score: -Math.log(p), anomalous: p <= budget }
    })
    return [`voice ${name}`, resultOf(alone)]
  })
}

const baselineResults = (
  corpus: Corpus,
  training: ReadonlySet<string>,
  tested: readonly LabelledSession[],
  budget: number,
): [string, Result][] => {
  const set = distinct(corpus.sequences(training))
  return Object.entries(BASELINES).map(([name, fit]) => {
    const judge = fit(set, budget)
    const cache = new Map<string, ReturnType<typeof judge>>()
    const results = tested.map(({ sequence, odd }): Tried => {
      let verdict = cache.get(sequence)
      if (verdict === undefined) {
        verdict = judge(sequence.split(' ').map(Number))
        cache.set(sequence, verdict)
      }
      return { sequence, odd, ...verdict }
    })
    return [`baseline ${name}`, resultOf(results)]
  })
}
