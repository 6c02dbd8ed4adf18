import { keepReport } from '../core/rca/keep-report.ts'
import type { KeptReport } from '../core/rca/types.ts'
import type { MadeReport } from './root-causes.ts'

const OLD = 'it was made by an earlier version; ask for a new one'

/** What is stored, whoever made it. */
export type Readable = Omit<MadeReport, 'report'> & { report: object }

/** A stored report in the form of now: of those of earlier versions what still says the same. */
export const readReport = ({ report, ...stored }: Readable): MadeReport => {
  if (isOfNow(report)) return { ...stored, report }
  const old = fromOld(report as Record<string, unknown>)
  return { ...stored, report: isOfNow(old) ? old : keepReport({ why: OLD }, []) }
}

/** Earlier versions kept what the engine had found as `cause` beside what anomalies say. */
const fromOld = ({ cause, summary, anomalies, size }: Record<string, unknown>): KeptReport => {
  const empty = keepReport({ why: OLD }, [])
  const found = isFound(cause)
  return {
    ...empty,
    ...(typeof summary === 'string' && { summary }),
    ...(found && cause),
    ...(Array.isArray(anomalies) && { anomalies: anomalies.map(String) }),
    ...(typeof size === 'number' && { size }),
    ...{ cut: empty.cut, lines: [], similar: [], basis: found ? 'lines' : 'anomalies' },
  }
}

const isFound = (value: unknown): value is Partial<KeptReport> =>
  typeof value === 'object' && value !== null && 'found' in value

const LISTS = ['suspects', 'timeline', 'missing', 'similar', 'lines', 'anomalies'] as const

/** Topics may hold what somebody else has put there. */
const isOfNow = (report: Partial<KeptReport>): report is KeptReport =>
  typeof report.found === 'boolean' &&
  (report.basis === 'lines' || report.basis === 'anomalies') &&
  LISTS.every(name => Array.isArray(report[name])) &&
  Array.isArray(report.cut?.notes) &&
  Array.isArray(report.impact?.services)
