import type { AnomalyKind } from '../types.ts'
import type { Scale } from './fusion.ts'

const COUNTING = new Set(['count', 'share', 'set'])

/**
 * Names what is odd: a new template before all; an ending that nobody expected when it is the
 * oddest place; else what the loudest voice listens to, counts or order.
 */
export const kindOf = (
  heard: { unseen: number; endsOdd: boolean },
  voices: readonly { name: string; scale: Scale }[],
  values: ArrayLike<number>,
): AnomalyKind => {
  if (heard.unseen > 0) return 'new template'
  if (heard.endsOdd) return 'missing ending'
  let loudest = ''
  let most = Number.NEGATIVE_INFINITY
  voices.forEach(({ name, scale }, v) => {
    const r = (values[v]! - scale.median) / scale.unit
    if (r > most) {
      most = r
      loudest = name
    }
  })
  return COUNTING.has(loudest) ? 'count' : 'sequence'
}
