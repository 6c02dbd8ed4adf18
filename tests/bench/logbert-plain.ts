import type { Executor } from '../../src/core/exec/executor.ts'
import { batchByLength, rowFeeds } from '../../src/core/logbert/batch.ts'
import { restoreLexicon } from '../../src/core/logbert/lexicon.ts'
import { randomMask } from '../../src/core/logbert/masks.ts'
import { maskedRow, type Row } from '../../src/core/logbert/rows.ts'
import { segments } from '../../src/core/logbert/segment.ts'
import { floatsOf } from '../../src/core/onnx/graph.ts'
import { createRandom } from '../../src/core/simulator/random.ts'
import type { TrainedLogbert } from '../../src/core/train/trainer.ts'

/** Share of events hidden, and how many likely ones count as normal (the paper's m and g). */
const HIDDEN = 0.5
const LIKELY = 6

/**
 * LogBERT as the paper detects with it (arXiv 2103.04475, §4.3), on the same weights: one random
 * mask a session; its score is the share of hidden events that are not among the g likeliest.
 */
export const plainScores = async (
  trained: TrainedLogbert,
  executor: Executor,
  sequences: readonly (readonly number[])[],
): Promise<number[]> => {
  const lexicon = restoreLexicon(trained.vocab)
  const program = await executor.compile(trained.model)
  const random = createRandom(1)
  const hidden = sequences.map(() => 0)
  const missed = sequences.map(() => 0)
  const rows: (Row & { of: number })[] = sequences.flatMap((sequence, of) => {
    const events = lexicon.vocab.encode(sequence)
    const mask = randomMask(events.length, HIDDEN, random)
    const parts = segments(events.length, trained.config.segment)
    return parts.map(segment => ({ ...maskedRow(events, mask, segment), of }))
  })
  for (const batch of batchByLength(rows, 4096)) {
    const feeds = rowFeeds(batch)
    const logp = floatsOf((await program.run(feeds, ['logp'])).logp!)
    const length = feeds.places.shape[0]!
    batch.forEach(({ targets, of }, i) => {
      targets.forEach((target, j) => {
        if (target === 0) return
        const at = (i * length + j) * lexicon.size
        const own = logp[at + target]!
        const likelier = logp.subarray(at, at + lexicon.size).reduce((n, p) => n + +(p > own), 0)
        hidden[of]! += 1
        missed[of]! += likelier < LIKELY ? 0 : 1
      })
    })
  }
  await program.dispose()
  return missed.map((count, i) => count / Math.max(1, hidden[i]!))
}
