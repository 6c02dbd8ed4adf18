import type { Session } from '../types.ts'
import { createAnomaly } from './anomaly.ts'
import type { Detection } from './engine.ts'
import type { Judge, Judged } from './judge.ts'
import type { Settled } from './regimes.ts'

export interface ReportDeps {
  judge: Judge
  model: { name: string; version: string }
  /** Text of a template. */
  template(id: number): string | undefined
  /** Whether anomalies are wanted, not verdicts alone. */
  explain: boolean
  /** The drift rule. */
  regimes?: ((judged: readonly Judged[]) => Settled[]) | undefined
}

/** What is published of judged sessions, in their order; `odd` are the sessions of the anomalies. */
export interface Report extends Detection {
  odd: Session[]
}

export const createReport =
  ({ judge, model, template, explain, regimes }: ReportDeps) =>
  async (judged: readonly Judged[]): Promise<Report> => {
    const found: Report = { verdicts: [], anomalies: [], odd: [] }
    const settled = regimes?.(judged) ?? (judged as Settled[])
    for (const { session: closed, verdict, notice } of settled) {
      const session = named(closed)
      const { key, source } = session
      const { score, pValue, anomalous, kind, voices } = verdict
      const what = anomalous ? { kind } : {}
      const { lines } = session
      const facts = { score, pValue, anomalous, ...what, voices, lines }
      found.verdicts.push({ session: key, source, ...facts })
      if (!anomalous || !explain) continue
      const why = await judge.explain(closed)
      const regime = notice && { alarms: notice.alarms, withheld: notice.withheld }
      const known = { session, verdict, ...why, template, model }
      found.anomalies.push(createAnomaly({ ...known, ...(regime && { regime }) }))
      found.odd.push(closed)
    }
    return found
  }

/** Windows are named by lines, which say nothing without their source. */
const named = (session: Session): Session =>
  session.kind === 'key' ? session : { ...session, key: `${session.source} ${session.key}` }
