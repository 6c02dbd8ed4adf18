import type { Incident } from '../core/incident/incident.ts'
import type { Anomaly } from '../core/types.ts'

/** Characters kept of one piece and of all; long stack traces and bodies are cut. */
const MOST_PIECE = 1024
const MOST = 4096
/** Stands between pieces: nobody types it, so nothing is found across two of them. */
const BETWEEN = '\u001f'

export interface SearchText {
  text: string
  /** Some of it was left out: what is not found may still be there. */
  cut: boolean
}

/** The form in which texts are compared, whatever their case. */
export const foldCase = (text: string): string => text.toLowerCase()

const joinPieces = (pieces: Iterable<string>): SearchText => {
  const kept = new Set<string>()
  let size = 0
  let cut = false
  for (const piece of pieces) {
    const room = Math.max(0, Math.min(MOST_PIECE, MOST - size))
    cut ||= piece.length > room
    const short = foldCase(piece.slice(0, room))
    if (short === '' || kept.has(short)) continue
    kept.add(short)
    size += short.length
  }
  return { text: [...kept].join(BETWEEN), cut }
}

/**
 * What a search looks through: session key, texts and templates of odd lines (of all lines where
 * none is odd), and missing templates.
 */
export const anomalyText = (anomaly: Anomaly): SearchText => {
  const odd = anomaly.lines.filter(line => line.odd)
  const lines = odd.length > 0 ? odd : anomaly.lines
  return joinPieces([
    anomaly.session,
    ...lines.flatMap(({ text, template }) => [text, template]),
    ...anomaly.missing.map(({ template }) => template),
  ])
}

export const incidentText = ({ title, first, worst, templates, sessions }: Incident): string =>
  joinPieces([
    title,
    first.text,
    worst.text,
    ...templates.map(({ template }) => template),
    ...sessions,
  ]).text
