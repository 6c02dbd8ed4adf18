import { batchByLength, rowFeeds } from '../logbert/batch.ts'
import type { LogbertConfig } from '../logbert/config.ts'
import type { Lexicon } from '../logbert/lexicon.ts'
import { interleavedMask, randomMask } from '../logbert/masks.ts'
import { countRow, maskedRow, nextRow, type Row } from '../logbert/rows.ts'
import { segments } from '../logbert/segment.ts'
import { float32 } from '../onnx/graph.ts'
import type { SequenceSet } from '../sequence/sequence-set.ts'
import { PAD, UNK } from '../sequence/vocab.ts'
import { createRandom, type Random } from '../simulator/random.ts'
import type { Feeds } from './stepper.ts'

export interface Batch {
  feeds: Feeds
  /** Tokens, padding left out. */
  tokens: number
  /** Sum of the target weights before they were scaled to 1. */
  weight: number
  /** Which rows start with DIST. */
  masked: boolean[]
}

/** Batches of training rows, drawn anew each epoch, and of held-out rows, always the same. */
export interface Dataset {
  /** Batches of one epoch: the same for the same seed and epoch. */
  epoch(epoch: number): Batch[]
  heldOut(): Batch[]
}

interface Weighted extends Row {
  weight: number
}

/** Hidden events are a quarter of a masked row: each counts so much more, to give the view its due. */
const MASKED_TARGET = 3

/** Rows from which batches of one length are cut: so many batches' worth. */
const BUCKET = 16

interface Example {
  encoded: number[]
  weight: number
  /** Counts as tokens, with the first of the sequences that share them. */
  bag?: number[]
  bagSessions: number
}

/** A frequent sequence counts more than a rare one, but does not drown it. */
const rowWeight = (sessions: number): number => 1 + Math.log(sessions)

export const createDataset = (
  set: SequenceSet,
  split: { training: readonly number[]; heldOut: readonly number[] },
  { lexicon, config, seed }: { lexicon: Lexicon; config: LogbertConfig; seed: number },
): Dataset => {
  const training = examples(set, split.training, lexicon)
  const checked = examples(set, split.heldOut.length > 0 ? split.heldOut : split.training, lexicon)
  return {
    epoch(epoch) {
      const random = createRandom(seed).fork(1000 + epoch)
      const rows = training.flatMap(example => learningRows(example, lexicon, config, random))
      return bucketed(take(shuffle(rows, random), config.epochTokens), config, random)
    },
    heldOut() {
      const random = createRandom(seed).fork(3)
      const rows = checked.flatMap((example, i) => fixedRows(example, i, lexicon, config))
      const kept = take(shuffle(rows, random), config.epochTokens)
      return batchByLength(kept, 4 * config.batchTokens).map(group => toBatch(group, config))
    },
  }
}

const examples = (set: SequenceSet, rows: readonly number[], lexicon: Lexicon): Example[] => {
  const bags = new Map<string, Example>()
  return rows.map(row => {
    const sequence = set.sequences[row]!
    const sessions = set.weights[row]!
    const encoded = lexicon.vocab.encode(sequence)
    const example: Example = { encoded, weight: rowWeight(sessions), bagSessions: sessions }
    const bag = lexicon.bag(sequence).tokens
    const key = bag.join(' ')
    const first = bags.get(key)
    if (first === undefined) bags.set(key, Object.assign(example, { bag }))
    else first.bagSessions += sessions
    return example
  })
}

/** What the count view asks of an example, where it is the first of its bag. */
const countRows = ({ bag, bagSessions }: Example, lexicon: Lexicon): Weighted[] =>
  bag === undefined ? [] : [{ ...countRow(bag, lexicon), weight: rowWeight(bagSessions) }]

const learningRows = (
  example: Example,
  lexicon: Lexicon,
  config: LogbertConfig,
  random: Random,
): Weighted[] => {
  const events = swapped(example.encoded, config.swapShare, random)
  const mask = randomMask(events.length, config.maskShare, random)
  const rows: Row[] = segments(events.length, config.segment).flatMap(segment => [
    maskedRow(events, mask, segment),
    nextRow(events, segment),
  ])
  for (const row of rows) blur(row, config.unknownShare, random)
  return [...rows.map(row => ({ ...row, weight: example.weight })), ...countRows(example, lexicon)]
}

/** Rows without chance: each example with one of the interleaved masks. */
const fixedRows = (
  example: Example,
  index: number,
  lexicon: Lexicon,
  config: LogbertConfig,
): Weighted[] => {
  const { encoded, weight } = example
  const mask = interleavedMask(encoded.length, config.masks, index)
  const rows: Row[] = segments(encoded.length, config.segment).flatMap(segment => [
    maskedRow(encoded, mask, segment),
    nextRow(encoded, segment),
  ])
  return [...rows.map(row => ({ ...row, weight })), ...countRows(example, lexicon)]
}

const swapped = (events: readonly number[], share: number, random: Random): number[] => {
  const out = [...events]
  for (let i = 1; share > 0 && i < out.length; i++) {
    if (random.next() >= share) continue
    const left = out[i - 1]!
    out[i - 1] = out[i]!
    out[i] = left
    i++
  }
  return out
}

/** Shows some events as UNK; what is asked stays. */
const blur = (row: Row, share: number, random: Random): void => {
  const end = row.view === 'masked' ? row.tokens.length - 1 : row.tokens.length
  for (let i = row.first; i < end; i++) if (random.next() < share) row.tokens[i] = UNK
}

const shuffle = <T>(list: readonly T[], random: Random): T[] => {
  const out = [...list]
  for (let i = out.length - 1; i > 0; i--) {
    const j = random.int(0, i)
    const held = out[i]!
    out[i] = out[j]!
    out[j] = held
  }
  return out
}

/** The first rows that hold up to `most` tokens, one at least. */
const take = (rows: readonly Weighted[], most: number): Weighted[] => {
  let sum = 0
  return rows.filter((row, i) => {
    sum += row.tokens.length
    return i === 0 || sum <= most
  })
}

const bucketed = (rows: readonly Weighted[], config: LogbertConfig, random: Random): Batch[] => {
  const batches: Weighted[][] = []
  let bucket: Weighted[] = []
  let size = 0
  for (const row of rows) {
    bucket.push(row)
    size += row.tokens.length
    if (size < BUCKET * config.batchTokens) continue
    batches.push(...batchByLength(bucket, config.batchTokens))
    bucket = []
    size = 0
  }
  batches.push(...batchByLength(bucket, config.batchTokens))
  return shuffle(batches, random).map(group => toBatch(group, config))
}

/** Feeds of the loss: target weights that sum to 1, head weights that sum to the objective's. */
const toBatch = (rows: readonly Weighted[], config: LogbertConfig): Batch => {
  const feeds = rowFeeds(rows)
  const [count, length] = feeds.tokens.shape as [number, number]
  const targetWeight = new Float32Array(count * length)
  const headWeight = new Float32Array(count)
  const masked = rows.map(row => row.view === 'masked')
  const heads = masked.filter(Boolean).length
  let weight = 0
  rows.forEach((row, i) => {
    const each = row.view === 'masked' ? row.weight * MASKED_TARGET : row.weight
    if (masked[i]) headWeight[i] = config.sphere / heads
    row.targets.forEach((target, j) => {
      if (target === PAD || target === UNK) return
      targetWeight[i * length + j] = each
      weight += each
    })
  })
  if (weight > 0) for (let i = 0; i < targetWeight.length; i++) targetWeight[i]! /= weight
  return {
    feeds: {
      ...feeds,
      targetWeight: float32(targetWeight, [count, length]),
      headWeight: float32(headWeight, [count]),
    },
    tokens: rows.reduce((sum, row) => sum + row.tokens.length, 0),
    weight,
    masked,
  }
}
