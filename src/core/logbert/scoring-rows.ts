import type { Program } from '../exec/executor.ts'
import { floatsOf } from '../onnx/graph.ts'
import { UNK } from '../sequence/vocab.ts'
import { rowFeeds } from './batch.ts'
import type { LogbertConfig } from './config.ts'
import type { Lexicon } from './lexicon.ts'
import { interleavedMask } from './masks.ts'
import { maskedRow, nextRow, type Row } from './rows.ts'
import type { ScoreParts } from './score.ts'
import { segments } from './segment.ts'

/** A scoring row, and what to do with the surprise at each place. */
export interface ScoringRow extends Row {
  take(surprise: Float32Array, distance: number): void
}

/** The rows of one session's order: each segment under every mask, and causally. */
export const orderRows = (
  sequence: readonly number[],
  parts: ScoreParts,
  lexicon: Lexicon,
  config: Pick<LogbertConfig, 'segment' | 'masks'>,
): ScoringRow[] => {
  const events = lexicon.vocab.encode(sequence)
  const unseen = (token: number, surprise: number) =>
    token === UNK ? lexicon.unseenSurprise : surprise
  return segments(events.length, config.segment).flatMap(segment => {
    const { from, to, own } = segment
    const next = nextRow(events, segment)
    const takeNext = (surprise: Float32Array) => {
      const end = to === events.length ? to + 1 : to
      for (let i = own; i < end; i++) {
        parts.next[i] = unseen(events[i] ?? -1, surprise[next.first - 1 + i - from]!)
      }
    }
    const rows: ScoringRow[] = [{ ...next, take: takeNext }]
    for (let r = 0; r < Math.min(config.masks, Math.max(1, to - from)); r++) {
      const mask = interleavedMask(events.length, config.masks, r)
      const masked = maskedRow(events, mask, segment)
      const take = (surprise: Float32Array, distance: number) => {
        parts.distances.push(distance)
        for (let i = own; i < to; i++) {
          if (mask[i]) parts.masked[i] = unseen(events[i]!, surprise[masked.first + i - from]!)
        }
      }
      rows.push({ ...masked, take })
    }
    return rows
  })
}

/** Runs rows as one batch, and hands each what is said of it. */
export const runBatch = async (program: Program, rows: readonly ScoringRow[]): Promise<void> => {
  const feeds = rowFeeds(rows)
  const outputs = await program.run(feeds, ['surprise', 'distance'])
  const surprise = floatsOf(outputs.surprise!)
  const distance = floatsOf(outputs.distance!)
  const length = feeds.places.shape[0]!
  rows.forEach((row, i) => {
    row.take(surprise.subarray(i * length, (i + 1) * length), distance[i]!)
  })
}
