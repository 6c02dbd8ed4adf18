import { keepReport } from '../core/rca/keep-report.ts'
import type { KeptReport } from '../core/rca/types.ts'
import type { MadeReport } from './root-causes.ts'

const OLD = 'it was made by an earlier version; ask for a new one'

/** What is stored, whoever made it. */
export type Readable = Omit<MadeReport, 'report'> & { report: object }

/** A stored report in the form of now: of those of earlier versions what still says the same. */
export const readReport = ({ report, ...stored }: Readable): MadeReport => {
  if (isOfNow(report)) return { ...stored, report: report as KeptReport }
  const empty = keepReport({ why: OLD }, [])
  const { cause, summary, anomalies, size } = report as Record<string, unknown>
  const told = isReport(cause) ? cause : {}
  return {
    ...stored,
    report: {
      ...empty,
      ...(typeof summary === 'string' && { summary }),
      ...told,
      ...(Array.isArray(anomalies) && { anomalies: anomalies.map(String) }),
      ...(typeof size === 'number' && { size }),
      ...{ cut: empty.cut, lines: [], similar: [], basis: isReport(cause) ? 'lines' : 'anomalies' },
    },
  }
}

const isReport = (value: unknown): value is Partial<KeptReport> =>
  typeof value === 'object' && value !== null && typeof (value as KeptReport).found === 'boolean'

const isOfNow = (report: object): boolean => isReport(report) && 'basis' in report
