import { LogbertError } from '../errors.ts'

/** Tokens of the model's alphabet that are no template; templates follow from `FIRST_EVENT`. */
export const PAD = 0
export const MASK = 1
export const UNK = 2
/** Head of every sequence; its final hidden state is the one the hypersphere objective pulls in. */
export const DIST = 3
export const END = 4
export const FIRST_EVENT = 5

const VERSION = 1

/** The versioned JSON of a vocabulary: `events[i]` is the template id of token `FIRST_EVENT + i`. */
export interface VocabSnapshot {
  version: number
  events: number[]
}

/**
 * Dense tokens for the template ids that training saw. It never changes after it was made: a token
 * is a row of the model's embedding.
 */
export interface Vocab {
  /** Number of tokens, the five special ones included. */
  readonly size: number
  /** Template id of token `FIRST_EVENT + i`. */
  readonly events: readonly number[]
  /** One token per template id; unseen ones become UNK (the session keeps its own ids). */
  encode(templateIds: readonly number[]): number[]
  /** Token of one template id; UNK when unseen. */
  token(templateId: number): number
  /** Template ids of tokens; undefined for the special tokens and for tokens out of range. */
  decode(tokens: readonly number[]): (number | undefined)[]
  has(templateId: number): boolean
  toJSON(): VocabSnapshot
}

/**
 * Makes a vocabulary. Repeats are folded, and tokens go by ascending template id, so that the same
 * set of events gives the same vocabulary in whatever order the sessions came. Negative ids (lines
 * that no template matched) are no events and stay UNK.
 */
export const createVocab = (events: Iterable<number>): Vocab => {
  const ids = [...new Set(events)].filter(id => id >= 0).sort((a, b) => a - b)
  return fromIds(ids)
}

const fromIds = (ids: readonly number[]): Vocab => {
  const tokens = new Map(ids.map((id, i) => [id, FIRST_EVENT + i]))
  const token = (id: number): number => tokens.get(id) ?? UNK
  return {
    size: FIRST_EVENT + ids.length,
    events: ids,
    token,
    encode: templateIds => templateIds.map(token),
    decode: list => list.map(t => (t < FIRST_EVENT ? undefined : ids[t - FIRST_EVENT])),
    has: id => tokens.has(id),
    toJSON: () => ({ version: VERSION, events: [...ids] }),
  }
}

/**
 * Reads a vocabulary from parsed JSON.
 * @throws LogbertError BAD_BUNDLE when it is of another version or of another shape.
 */
export const restoreVocab = (snapshot: unknown): Vocab => {
  const { version, events } = (snapshot ?? {}) as Partial<VocabSnapshot>
  if (version !== VERSION) {
    throw new LogbertError(
      'BAD_BUNDLE',
      `reading the vocabulary failed: its version is ${version}, this program reads ${VERSION}; ` +
        'train again or use the program that wrote it',
    )
  }
  const sound =
    Array.isArray(events) &&
    events.every(id => Number.isSafeInteger(id) && id >= 0) &&
    new Set(events).size === events.length
  if (!sound) {
    throw new LogbertError(
      'BAD_BUNDLE',
      'reading the vocabulary failed: `events` must be distinct template ids (integers from 0); ' +
        'the file is damaged, restore it or train again',
    )
  }
  return fromIds(events)
}
