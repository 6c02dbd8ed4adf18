import type { Executor } from '../exec/executor.ts'
import { batchByLength } from './batch.ts'
import type { LogbertConfig } from './config.ts'
import { createCountView } from './count-view.ts'
import { expectedAt, type Prediction } from './expected.ts'
import { restoreLexicon } from './lexicon.ts'
import { createLru } from './lru.ts'
import { combineParts, createParts, type LogbertScore } from './score.ts'
import { orderRows, runBatch } from './scoring-rows.ts'

export interface LogbertParts {
  /** Scoring graph of `writeScoringModel`. */
  model: Uint8Array
  /** Snapshot of the lexicon (`vocab.json`). */
  vocab: unknown
  config: LogbertConfig
}

export interface ScorerOptions {
  /** Most sequences whose scores are remembered. Default 20,000. */
  cache?: number
  /** Tokens in one run, padding included; memory grows with them. Default 2048, less for large alphabets. */
  batchTokens?: number
}

export interface LogbertScorer {
  /**
   * Scores sequences of template ids, in their order. The same sequence scores the same, to float
   * tolerance whatever is scored beside it, exactly while it is remembered.
   */
  score(sequences: readonly (readonly number[])[]): Promise<LogbertScore[]>
  /** What was expected at positions (that after the last asks for the end), the `top` likeliest. */
  explain(
    sequence: readonly number[],
    positions: readonly number[],
    top: number,
  ): Promise<Prediction[]>
  /** Sequences answered from memory, and computed. */
  readonly stats: { hits: number; computed: number }
  dispose(): Promise<void>
}

/** Tokens in a run times tokens of the alphabet: what is held of the network's answers. */
const MOST_CELLS = 4_000_000

/** Sequences whose rows are made at a time: bounds memory. */
const CHUNK = 512

/**
 * Opens a trained network for scoring. Unseen events have the surprise of the share that training
 * left for them (Good–Turing), whatever the network says of UNK.
 *
 * @throws LogbertError BAD_BUNDLE for a damaged lexicon, BAD_GRAPH for a model that does not run
 */
export const createLogbertScorer = async (
  { model, vocab, config }: LogbertParts,
  executor: Executor,
  options: ScorerOptions = {},
): Promise<LogbertScorer> => {
  const lexicon = restoreLexicon(vocab)
  const { cache: most = 20_000, batchTokens = Math.min(2048, MOST_CELLS / lexicon.size) } = options
  const program = await executor.compile(model)
  const cache = createLru<LogbertScore>(most)
  const stats = { hits: 0, computed: 0 }

  const counts = createCountView(lexicon, most)

  const compute = async (sequences: readonly (readonly number[])[]): Promise<LogbertScore[]> => {
    const sessions = sequences.map(sequence => {
      const bag = lexicon.bag(sequence)
      return { sequence, bag, parts: createParts(sequence.length, bag) }
    })
    const asked = counts.ask(sessions)
    const rows = [
      ...sessions.flatMap(({ sequence, parts }) => orderRows(sequence, parts, lexicon, config)),
      ...asked.rows,
    ]
    for (const batch of batchByLength(rows, batchTokens)) await runBatch(program, batch)
    asked.answer()
    stats.computed += sequences.length
    return sessions.map(({ parts }) => combineParts(parts))
  }

  return {
    async score(sequences) {
      const keys = sequences.map(sequence => sequence.join(' '))
      const found = new Map<string, LogbertScore>()
      const missing = new Map<string, readonly number[]>()
      keys.forEach((key, i) => {
        if (found.has(key) || missing.has(key)) return
        const known = cache.get(key)
        if (known === undefined) missing.set(key, sequences[i]!)
        else found.set(key, known)
      })
      const todo = [...missing]
      for (let at = 0; at < todo.length; at += CHUNK) {
        const chunk = todo.slice(at, at + CHUNK)
        const scores = await compute(chunk.map(([, sequence]) => sequence))
        chunk.forEach(([key], i) => {
          found.set(key, scores[i]!)
          cache.set(key, scores[i]!)
        })
      }
      stats.hits += keys.length - todo.length
      return keys.map(key => found.get(key)!)
    },
    explain: (sequence, positions, top) =>
      expectedAt(sequence, positions, top, { program, lexicon, config }),
    stats,
    dispose: () => program.dispose(),
  }
}
