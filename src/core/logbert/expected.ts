import type { Program } from '../exec/executor.ts'
import { floatsOf } from '../onnx/graph.ts'
import { END, FIRST_EVENT, UNK } from '../sequence/vocab.ts'
import { rowFeeds } from './batch.ts'
import type { LogbertConfig } from './config.ts'
import type { Lexicon } from './lexicon.ts'
import { maskedRow, nextRow, type Row } from './rows.ts'
import { type Segment, segments } from './segment.ts'

/** An event that was expected; the end of the session has no template id. */
export interface ExpectedEvent {
  templateId?: number
  p: number
}

interface Deps {
  program: Program
  lexicon: Lexicon
  config: LogbertConfig
}

/**
 * What was expected at `position` of a session, by the view that the event surprised more: the
 * events before it, or all others. Probabilities are over the known events and END.
 */
export const expectedAt = async (
  sequence: readonly number[],
  position: number,
  top: number,
  { program, lexicon, config }: Deps,
): Promise<ExpectedEvent[]> => {
  if (!Number.isInteger(position) || position < 0 || position > sequence.length) {
    throw new RangeError(
      `cannot explain position ${position} of ${sequence.length} events: give 0 to ${sequence.length}`,
    )
  }
  const events = lexicon.vocab.encode(sequence)
  const segment = ownerOf(position, segments(events.length, config.segment))
  const next = nextRow(events, segment)
  const places: [Row, number][] = [[next, next.first - 1 + position - segment.from]]
  if (position < events.length) {
    const mask = events.map((_, i) => i === position)
    const masked = maskedRow(events, mask, segment)
    places.push([masked, masked.first + position - segment.from])
  }
  const views: Float64Array[] = []
  for (const [row, place] of places) views.push(await probabilities(program, row, place, lexicon))
  const asked = events[position] ?? END
  const [before, among] = views
  const chosen =
    among === undefined || asked === UNK || before![asked]! <= among[asked]! ? before! : among
  return likeliest(chosen, top, lexicon)
}

/** The segment from which the score of this position is taken. */
const ownerOf = (position: number, all: readonly Segment[]): Segment =>
  all.find(({ to }) => position < to) ?? all.at(-1)!

/** Probability of every event token and END at one place; nothing else can come there. */
const probabilities = async (
  program: Program,
  row: Row,
  place: number,
  lexicon: Lexicon,
): Promise<Float64Array> => {
  const { logp } = await program.run(rowFeeds([row]), ['logp'])
  const values = floatsOf(logp!).subarray(place * lexicon.size, (place + 1) * lexicon.size)
  const out = Float64Array.from({ length: lexicon.countHead }, (_, token) =>
    token === END || token >= FIRST_EVENT ? Math.exp(values[token]!) : 0,
  )
  const sum = out.reduce((a, b) => a + b, 0)
  return out.map(p => p / sum)
}

const likeliest = (p: Float64Array, top: number, lexicon: Lexicon): ExpectedEvent[] => {
  const order = Array.from(p.keys())
    .filter(token => p[token]! > 0)
    .sort((a, b) => p[b]! - p[a]! || a - b)
    .slice(0, top)
  const ids = lexicon.vocab.decode(order)
  return order.map((token, i) => {
    const templateId = ids[i]
    return { ...(templateId !== undefined && { templateId }), p: p[token]! }
  })
}
