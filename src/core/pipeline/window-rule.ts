import type { Explanation } from '../detect/explain.ts'
import type { Verdict } from '../detect/verdict.ts'
import type { Session } from '../types.ts'

/**
 * What a verdict on a window is worth. One with fewer events than training windows had is odd for
 * being short: only a new template speaks there. Events that an earlier window held were judged
 * there: what is odd about them has been told. Windows have no ending that could be missing.
 * @param size events of a whole window
 * @param explain asked only where it matters
 */
export const windowVerdict = (
  session: Session,
  verdict: Verdict,
  size: number,
  explain: () => Explanation,
): Verdict => {
  if (session.kind !== 'window') return verdict
  const kind = verdict.kind === 'missing ending' ? 'sequence' : verdict.kind
  const told = { ...verdict, kind }
  if (!verdict.anomalous) return told
  const { length } = session.events
  const { fresh = length, closedBy } = session
  const short = length < size
  if (short && kind !== 'new template') return { ...told, anomalous: false }
  if (fresh === length) return told
  const odd = explain().odd.filter(position => position < length)
  const anomalous = odd.length === 0 ? closedBy === 'window' : odd.at(-1)! >= length - fresh
  return { ...told, anomalous }
}
