import type { AnomalyKind } from '../types.ts'
import { VOICES } from './panel.ts'

const COUNTING: ReadonlySet<string> = new Set(['count', 'share', 'set'])

/**
 * Names what is odd: a new template before all; an ending that nobody expected when it is the
 * oddest place; else what the loudest voice listens to, counts or order.
 * @param said weighted evidence by voice, the detector's own voices first
 */
export const kindOf = (
  heard: { unseen: number; endsOdd: boolean },
  said: readonly number[],
): AnomalyKind => {
  if (heard.unseen > 0) return 'new template'
  if (heard.endsOdd) return 'missing ending'
  const loudest = said.reduce((best, e, v) => (e > said[best]! ? v : best), 0)
  return COUNTING.has(VOICES[loudest] ?? '') ? 'count' : 'sequence'
}
