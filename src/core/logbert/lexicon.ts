import { LogbertError } from '../errors.ts'
import type { SequenceSet } from '../sequence/sequence-set.ts'
import {
  createVocab,
  FIRST_EVENT,
  restoreVocab,
  UNK,
  type Vocab,
  type VocabSnapshot,
} from '../sequence/vocab.ts'
import type { LogbertConfig } from './config.ts'
import { countBin } from './count-bin.ts'

/** Versioned JSON of a lexicon (`vocab.json`). */
export interface LexiconSnapshot {
  version: number
  vocab: VocabSnapshot
  /** Event tokens, commonest first: the order in which the count view tells them. */
  ranks: number[]
  /** How many of `ranks` are told even when absent. */
  always: number
  /** (event token, bin) of each count token, in order. */
  counts: [number, number][]
  /** Training sessions. */
  sessions: number
  /** Share of events expected to be of a type not seen in training. */
  unseen: number
}

/** A session as the count view reads it. */
export interface Bag {
  tokens: number[]
  /** Nats to add at each token, for counts never seen with this event. */
  extra: number[]
  /** Nats for event types never seen. */
  novelty: number
}

/** All that turns sessions into tokens. */
export interface Lexicon {
  readonly vocab: Vocab
  /** Tokens of events and counts together: rows of the embedding. */
  readonly size: number
  /** Head of count rows: the first token after those of events. */
  readonly countHead: number
  /** −ln of the chance of an event type not seen in training. */
  readonly unseenSurprise: number
  /** Most tokens that a bag can have. */
  readonly longestBag: number
  bag(sequence: readonly number[]): Bag
  toJSON(): LexiconSnapshot
}

const VERSION = 1

/** Learns the tokens of a training set; types beyond the limits of `config` share UNK. */
export const createLexicon = (
  { sequences, weights }: SequenceSet,
  config: Pick<LogbertConfig, 'countTypes' | 'mostEvents' | 'mostCounts'>,
): Lexicon => {
  const sessionsWith = new Map<number, number>()
  const total = new Map<number, number>()
  let events = 0
  let sessions = 0
  sequences.forEach((sequence, i) => {
    const weight = weights[i]!
    sessions += weight
    events += weight * sequence.length
    for (const id of sequence) total.set(id, (total.get(id) ?? 0) + weight)
    for (const id of new Set(sequence)) sessionsWith.set(id, (sessionsWith.get(id) ?? 0) + weight)
  })
  const ordered = [...sessionsWith.keys()]
    .filter(id => id >= 0)
    .sort((a, b) => sessionsWith.get(b)! - sessionsWith.get(a)! || a - b)
  const vocab = createVocab(ordered.slice(0, config.mostEvents))
  const ranks = ordered.slice(0, config.mostEvents).map(vocab.token)
  const once = [...total.values()].filter(count => count === 1).length
  const rare = ordered.slice(config.mostEvents).reduce((sum, id) => sum + total.get(id)!, 0)
  const base = {
    version: VERSION,
    vocab: vocab.toJSON(),
    ranks,
    always: Math.min(config.countTypes, ranks.length),
    sessions,
    // Good–Turing with half a count added, so that it is never 0 (Good 1953)
    unseen: Math.min(0.5, (once + rare + 0.5) / (events + 1)),
  }
  return restoreLexicon({ ...base, counts: countTokens(base, { sequences, weights }, config) })
}

const countTokens = (
  base: Omit<LexiconSnapshot, 'counts'>,
  { sequences, weights }: SequenceSet,
  config: Pick<LogbertConfig, 'mostCounts'>,
): [number, number][] => {
  const vocab = restoreVocab(base.vocab)
  const seen = new Map<string, { pair: [number, number]; weight: number }>()
  sequences.forEach((sequence, i) => {
    for (const pair of binnedCounts(vocab.encode(sequence), base.ranks, base.always)) {
      const entry = seen.get(`${pair}`) ?? { pair, weight: 0 }
      entry.weight += weights[i]!
      seen.set(`${pair}`, entry)
    }
  })
  return [...seen.values()]
    .sort((a, b) => b.weight - a.weight || a.pair[0] - b.pair[0] || a.pair[1] - b.pair[1])
    .slice(0, config.mostCounts)
    .map(({ pair }) => pair)
}

/** (event token, bin) in the order of `ranks`; the first `always` also when absent. */
const binnedCounts = (
  tokens: readonly number[],
  ranks: readonly number[],
  always: number,
): [number, number][] => {
  const counts = new Map<number, number>()
  for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1)
  return ranks.flatMap((token, rank): [number, number][] => {
    const count = counts.get(token) ?? 0
    return count === 0 && rank >= always ? [] : [[token, countBin(count)]]
  })
}

/** @throws LogbertError BAD_BUNDLE when the snapshot is of another version or damaged */
export const restoreLexicon = (snapshot: unknown): Lexicon => {
  const known = checkSnapshot(snapshot)
  const vocab = restoreVocab(known.vocab)
  const countHead = vocab.size
  const bins = new Map<number, Map<number, number>>()
  known.counts.forEach(([event, bin], i) => {
    if (!bins.has(event)) bins.set(event, new Map())
    bins.get(event)!.set(bin, countHead + 1 + i)
  })
  const unseenType = Math.log(known.sessions + 1)
  const bag = (sequence: readonly number[]): Bag => {
    const encoded = vocab.encode(sequence)
    const fresh = new Set(sequence.filter((_, i) => encoded[i] === UNK))
    const out: Bag = { tokens: [], extra: [], novelty: fresh.size * unseenType }
    for (const [event, bin] of binnedCounts(encoded, known.ranks, known.always)) {
      const [token, off] = nearest(bins.get(event), bin)
      if (token === undefined) {
        out.novelty += unseenType
        continue
      }
      out.tokens.push(token)
      out.extra.push(off === 0 ? 0 : unseenType + off - 1)
    }
    return out
  }
  return {
    vocab,
    size: countHead + 1 + known.counts.length,
    countHead,
    unseenSurprise: -Math.log(known.unseen),
    longestBag: known.ranks.length,
    bag,
    toJSON: () => known,
  }
}

/** Token of the seen bin that is nearest, and how many bins it is off. */
const nearest = (
  bins: ReadonlyMap<number, number> | undefined,
  bin: number,
): [token: number | undefined, off: number] => {
  let best: number | undefined
  let off = Number.POSITIVE_INFINITY
  for (const [seen, token] of bins ?? []) {
    if (Math.abs(seen - bin) >= off) continue
    off = Math.abs(seen - bin)
    best = token
  }
  return [best, off]
}

const checkSnapshot = (snapshot: unknown): LexiconSnapshot => {
  const { version, ranks, counts, always, sessions, unseen } = (snapshot ??
    {}) as Partial<LexiconSnapshot>
  const whole = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0
  const sound =
    version === VERSION &&
    Array.isArray(ranks) &&
    ranks.every(token => whole(token) && token >= FIRST_EVENT) &&
    Array.isArray(counts) &&
    counts.every(pair => Array.isArray(pair) && pair.length === 2 && pair.every(whole)) &&
    whole(always) &&
    whole(sessions) &&
    typeof unseen === 'number' &&
    unseen > 0 &&
    unseen <= 1
  if (sound) return snapshot as LexiconSnapshot
  throw new LogbertError(
    'BAD_BUNDLE',
    `reading LogBERT's tokens failed: they are of version ${version}, this program reads ` +
      `${VERSION}, or damaged; restore the file or train again`,
  )
}
