import type { Explanation } from '../detect/explain.ts'
import type { Verdict } from '../detect/verdict.ts'
import type { WindowRule } from '../sequence/window.ts'
import type { Session } from '../types.ts'

/**
 * What a verdict on a window is worth. One that is not whole (fewer events than the rule says, a time
 * that was cut short by the end of the log) is odd for being short: only a new template speaks there. Events that an earlier window held were judged
 * there: what is odd about them has been told. Windows have no ending that could be missing.
 * @param explain asked only where it matters
 */
export const windowVerdict = (
  session: Session,
  verdict: Verdict,
  rule: WindowRule | undefined,
  explain: () => Explanation,
): Verdict => {
  if (session.kind !== 'window') {
    const cut = session.closedBy === 'length' && verdict.kind === 'missing ending'
    return cut ? { ...verdict, kind: 'sequence' } : verdict
  }
  const kind = verdict.kind === 'missing ending' ? 'sequence' : verdict.kind
  const told = { ...verdict, kind }
  if (!verdict.anomalous) return told
  const { length } = session.events
  const { fresh = length, closedBy } = session
  const short = rule?.by === 'time' ? closedBy === 'end' : length < (rule?.size ?? 0)
  if (short && kind !== 'new template') return { ...told, anomalous: false }
  if (fresh === length) return told
  const odd = explain().odd.filter(position => position < length)
  const anomalous = odd.length === 0 ? closedBy === 'window' : odd.at(-1)! >= length - fresh
  return { ...told, anomalous }
}
