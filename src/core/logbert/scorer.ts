import type { Executor, Program } from '../exec/executor.ts'
import { floatsOf } from '../onnx/graph.ts'
import { UNK } from '../sequence/vocab.ts'
import { batchByLength, rowFeeds } from './batch.ts'
import type { LogbertConfig } from './config.ts'
import { type ExpectedEvent, expectedAt } from './expected.ts'
import { type Lexicon, restoreLexicon } from './lexicon.ts'
import { createLru } from './lru.ts'
import { interleavedMask } from './masks.ts'
import { countRow, maskedRow, nextRow, type Row } from './rows.ts'
import { combineParts, createParts, type LogbertScore, type ScoreParts } from './score.ts'
import { segments } from './segment.ts'

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
  /** Tokens in one run, padding included. Default 8192. */
  batchTokens?: number
}

export interface LogbertScorer {
  /** Scores sequences of template ids, in their order. The same sequence always scores the same. */
  score(sequences: readonly (readonly number[])[]): Promise<LogbertScore[]>
  /** What was expected at a position (that after the last asks for the end), likeliest first. */
  explain(sequence: readonly number[], position: number, top: number): Promise<ExpectedEvent[]>
  /** Sequences answered from memory, and computed. */
  readonly stats: { hits: number; computed: number }
  dispose(): Promise<void>
}

/** Sequences whose rows are made at a time: bounds memory. */
const CHUNK = 512

/** A scoring row, and what to do with the surprise at each place. */
interface ScoringRow extends Row {
  parts: ScoreParts
  take(surprise: Float32Array, distance: number): void
}

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
  const { cache: most = 20_000, batchTokens = 8192 } = options
  const lexicon = restoreLexicon(vocab)
  const program = await executor.compile(model)
  const cache = createLru<LogbertScore>(most)
  const stats = { hits: 0, computed: 0 }

  const compute = async (sequences: readonly (readonly number[])[]): Promise<LogbertScore[]> => {
    const prepared = sequences.map(sequence => scoringRows(sequence, lexicon, config))
    const rows = prepared.flatMap(item => item.rows)
    for (const batch of batchByLength(rows, batchTokens)) await runBatch(program, batch)
    stats.computed += sequences.length
    return prepared.map(({ parts }) => combineParts(parts))
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
    explain: (sequence, position, top) =>
      expectedAt(sequence, position, top, { program, lexicon, config }),
    stats,
    dispose: () => program.dispose(),
  }
}

/** All rows of one session: its counts, and each segment under every mask and causally. */
const scoringRows = (
  sequence: readonly number[],
  lexicon: Lexicon,
  config: LogbertConfig,
): { parts: ScoreParts; rows: ScoringRow[] } => {
  const events = lexicon.vocab.encode(sequence)
  const bag = lexicon.bag(sequence)
  const parts = createParts(events.length, bag)
  const rows: ScoringRow[] = [
    {
      ...countRow(bag.tokens, lexicon),
      parts,
      take: surprise => {
        for (let i = 0; i <= bag.tokens.length; i++) parts.count += surprise[i]!
      },
    },
  ]
  const unseen = (token: number, surprise: number) =>
    token === UNK ? lexicon.unseenSurprise : surprise
  for (const segment of segments(events.length, config.segment)) {
    const { from, to, own } = segment
    const next = nextRow(events, segment)
    rows.push({
      ...next,
      parts,
      take: surprise => {
        const end = to === events.length ? to + 1 : to
        for (let i = own; i < end; i++) {
          parts.next[i] = unseen(events[i] ?? -1, surprise[next.first - 1 + i - from]!)
        }
      },
    })
    for (let r = 0; r < Math.min(config.masks, Math.max(1, to - from)); r++) {
      const mask = interleavedMask(events.length, config.masks, r)
      const masked = maskedRow(events, mask, segment)
      rows.push({
        ...masked,
        parts,
        take: (surprise, distance) => {
          parts.distances.push(distance)
          for (let i = own; i < to; i++) {
            if (mask[i]) parts.masked[i] = unseen(events[i]!, surprise[masked.first + i - from]!)
          }
        },
      })
    }
  }
  return { parts, rows }
}

const runBatch = async (program: Program, rows: readonly ScoringRow[]): Promise<void> => {
  const feeds = rowFeeds(rows)
  const outputs = await program.run(feeds, ['surprise', 'distance'])
  const surprise = floatsOf(outputs.surprise!)
  const distance = floatsOf(outputs.distance!)
  const length = feeds.places.shape[0]!
  rows.forEach((row, i) => {
    row.take(surprise.subarray(i * length, (i + 1) * length), distance[i]!)
  })
}
