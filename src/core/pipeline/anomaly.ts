import type { Explanation } from '../detect/explain.ts'
import type { Verdict } from '../detect/verdict.ts'
import { fnv1a128 } from '../fnv.ts'
import type { Anomaly, ExpectedTemplate, ExplainedLine, Session } from '../types.ts'

/** What a network adds at a place: −ln p of what stood there, what it expected, and how surely. */
export interface NetworkOpinion {
  surprise: number
  entropy: number
  expected: { templateId?: number; p: number }[]
}

export interface AnomalyFacts {
  session: Session
  verdict: Verdict
  explanation: Explanation
  /** By position, where a network was asked. */
  opinions: ReadonlyMap<number, NetworkOpinion>
  /** Text of a template; undefined for ids that nobody knows. */
  template(id: number): string | undefined
  model: { name: string; version: string }
  regime?: Anomaly['regime']
}

/** Lines of a long session that an anomaly carries at most, and how many stand around an odd one. */
const MOST_LINES = 200
const BEFORE = 10
/** Odd lines of which it is said what was expected. */
const MOST_EXPECTED = 10
const AFTER = 3
const END = 'end of session'

/**
 * The published form of an odd session. Its id is a hash of the model version, the session and the
 * positions of its lines, so that a replay gives the same id.
 */
export const createAnomaly = (facts: AnomalyFacts): Anomaly => {
  const { session, verdict, explanation, model } = facts
  const lines = explainLines(facts)
  const { at, source, key } = session
  const first = at.reduce((a, b) => Math.min(a, b))
  const last = at.reduce((a, b) => Math.max(a, b))
  const odd = explanation.odd.find(position => position < at.length)
  return {
    id: fnv1a128(`${model.version}\n${source}\n${key}\n${runsOf(session.lines)}`),
    at: odd === undefined ? last : at[odd]!,
    firstSeen: first,
    lastSeen: last,
    source,
    session: key,
    kind: verdict.kind,
    score: verdict.score,
    pValue: verdict.pValue,
    voices: verdict.voices,
    lines,
    missing: explanation.missing.map(({ event, expected, got }) => ({
      templateId: event,
      template: textOf(facts, event),
      expected,
      got,
    })),
    ...endingOf(facts),
    model,
    ...(facts.regime !== undefined && { regime: facts.regime }),
  }
}

const textOf = ({ template }: AnomalyFacts, id: number | undefined): string =>
  id === undefined ? END : (template(id) ?? `template ${id}`)

/** Line numbers as runs: `3-7,12`. */
const runsOf = (lines: readonly number[]): string => {
  const runs: string[] = []
  for (let i = 0; i < lines.length; ) {
    let j = i
    while (j + 1 < lines.length && lines[j + 1] === lines[j]! + 1) j++
    runs.push(j === i ? `${lines[i]}` : `${lines[i]}-${lines[j]}`)
    i = j + 1
  }
  return runs.join(',')
}

/** What was expected at a position: by the network where it was asked, else by the n-grams. */
const expectedAt = (facts: AnomalyFacts, position: number): ExpectedTemplate[] => {
  const list = facts.opinions.get(position)?.expected.map(({ templateId, p }) => ({
    ...(templateId !== undefined && { event: templateId }),
    p,
  }))
  return (list ?? facts.explanation.expectedAt(position)).map(({ event, p }) => ({
    ...(event !== undefined && { templateId: event }),
    template: textOf(facts, event),
    p,
  }))
}

/** How open it was what comes there, by whom `expectedAt` asks. */
const entropyAt = (
  { opinions, explanation }: AnomalyFacts,
  position: number,
): Pick<ExplainedLine, 'entropy'> => {
  const entropy = opinions.get(position)?.entropy ?? explanation.entropyAt(position)
  return entropy === undefined ? {} : { entropy }
}

const endingOf = (facts: AnomalyFacts): Pick<Anomaly, 'ending'> => {
  const { session, explanation, opinions } = facts
  const end = session.events.length
  if (!explanation.odd.includes(end)) return {}
  const surprise = opinions.get(end)?.surprise ?? explanation.endSurprise
  return { ending: { surprise, ...entropyAt(facts, end), expected: expectedAt(facts, end) } }
}

const explainLines = (facts: AnomalyFacts): ExplainedLine[] => {
  const { session, explanation, opinions } = facts
  const odd = new Set(explanation.odd)
  const asked = new Set(explanation.odd.slice(0, MOST_EXPECTED))
  return shownPositions(session.events.length, explanation.odd).map(position => {
    const templateId = session.events[position]!
    const template = textOf(facts, templateId)
    return {
      line: session.lines[position]!,
      ...(session.sources !== undefined && { source: session.sources[position]! }),
      at: session.at[position]!,
      text: session.texts?.[position] ?? template,
      template,
      templateId,
      surprise: opinions.get(position)?.surprise ?? explanation.surprise[position]!,
      ...entropyAt(facts, position),
      expected: asked.has(position) ? expectedAt(facts, position) : [],
      odd: odd.has(position),
    }
  })
}

/** All positions of a short session; of a long one those around the odd ones, then the first. */
const shownPositions = (length: number, odd: readonly number[]): number[] => {
  const shown = new Set<number>()
  const add = (position: number): void => {
    if (position >= 0 && position < length && shown.size < MOST_LINES) shown.add(position)
  }
  for (const position of odd) {
    for (let at = position - BEFORE; at <= position + AFTER; at++) add(at)
  }
  for (let at = 0; at < length && shown.size < MOST_LINES; at++) add(at)
  return [...shown].sort((a, b) => a - b)
}
