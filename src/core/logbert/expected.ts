import { entropyOf } from '../entropy.ts'
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

/** What the network expected at one place. */
export interface Prediction {
  /** Likeliest first. */
  expected: ExpectedEvent[]
  /** Of the whole prediction, nats: 0 where one event is certain, ln n where n are as likely. */
  entropy: number
}

interface Deps {
  program: Program
  lexicon: Lexicon
  config: LogbertConfig
}

/** A place in a row whose probabilities are asked for. */
interface View {
  row: number
  place: number
}

/**
 * What was expected at each of these positions of a session, by the view that the event surprised
 * more: the events before it, or all others. Probabilities are over the known events and END. All
 * positions are asked about in one run.
 */
export const expectedAt = async (
  sequence: readonly number[],
  positions: readonly number[],
  top: number,
  { program, lexicon, config }: Deps,
): Promise<Prediction[]> => {
  for (const position of positions) checkPosition(sequence, position)
  if (positions.length === 0) return []
  const events = lexicon.vocab.encode(sequence)
  const all = segments(events.length, config.segment)
  const rows: Row[] = []
  const nextRows = new Map<Segment, number>()
  const views = positions.map((position): View[] => {
    const segment = ownerOf(position, all)
    const row = nextRows.get(segment) ?? rows.push(nextRow(events, segment)) - 1
    nextRows.set(segment, row)
    const next = { row, place: rows[row]!.first - 1 + position - segment.from }
    if (position >= events.length) return [next]
    const mask = events.map((_, i) => i === position)
    const masked = maskedRow(events, mask, segment)
    const place = masked.first + position - segment.from
    return [next, { row: rows.push(masked) - 1, place }]
  })
  const feeds = rowFeeds(rows)
  const logp = floatsOf((await program.run(feeds, ['logp'])).logp!)
  const length = feeds.places.shape[0]!
  const read = ({ row, place }: View): Float64Array => {
    const from = (row * length + place) * lexicon.size
    return probabilities(logp.subarray(from, from + lexicon.size), lexicon)
  }
  return views.map((pair, i) => {
    const asked = events[positions[i]!] ?? END
    const [before, among] = pair.map(read)
    const chosen =
      among === undefined || asked === UNK || before![asked]! <= among[asked]! ? before! : among
    return { expected: likeliest(chosen, top, lexicon), entropy: entropyOf(chosen) }
  })
}

const checkPosition = ({ length }: readonly number[], position: number): void => {
  if (Number.isInteger(position) && position >= 0 && position <= length) return
  throw new RangeError(
    `cannot explain position ${position} of ${length} events: give 0 to ${length}`,
  )
}

/** The segment from which the score of this position is taken. */
const ownerOf = (position: number, all: readonly Segment[]): Segment =>
  all.find(({ to }) => position < to) ?? all.at(-1)!

/** Probability of every event token and END at one place; nothing else can come there. */
const probabilities = (logp: Float32Array, lexicon: Lexicon): Float64Array => {
  const out = Float64Array.from({ length: lexicon.countHead }, (_, token) =>
    token === END || token >= FIRST_EVENT ? Math.exp(logp[token]!) : 0,
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
