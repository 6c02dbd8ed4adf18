import type {
  Decisions,
  GivenFeedback,
  GivenReportFeedback,
  GivenSuppression,
} from '../../api/deps.ts'
import type { Course } from '../../core/pipeline/stream-types.ts'
import type { TemplateEdit } from '../../db/database.ts'

type Change = Parameters<Decisions['changeIncident']>[1]

/** What a person decided, as all nodes are told of it. */
export type Decision =
  | { type: 'judge'; anomaly: string; given: GivenFeedback; taught: TaughtPart }
  | { type: 'withdraw'; anomaly: string }
  | { type: 'suppress'; given: GivenSuppression }
  | { type: 'unsuppress'; suppression: string }
  | { type: 'incident'; incident: string; change: Change }
  | { type: 'edit'; edit: Omit<TemplateEdit, 'id' | 'created'> }
  | { type: 'undo edit'; edit: string }
  | {
      type: 'rate'
      report: { id: string; incident?: string | undefined }
      given: GivenReportFeedback
    }

/** What a verdict teaches: workers know no anomalies. */
export interface TaughtPart {
  /** Absent where the verdict is that it was real. */
  course?: Course
  templates: readonly string[]
}

/** A decision on the bus. Every node carries it out with this id and at this time. */
export interface DecisionRecord {
  /** Of the decision, and of what it makes. */
  id: string
  /** Epoch ms. */
  at: number
  /**
   * How far the node that was asked had taken findings over, by partition: every node takes them
   * over so far first, and a node that comes late no further.
   */
  after: readonly [partition: number, next: number][]
  decision: Decision
}

const FORM = 'decision/1'

export const writeDecision = (record: DecisionRecord): string =>
  JSON.stringify({ form: FORM, ...record })

/** Undefined for what is none, or of another version. */
export const readDecision = (text: string): DecisionRecord | undefined => {
  try {
    const { form, ...record } = JSON.parse(text)
    return form === FORM ? record : undefined
  } catch {
    return undefined
  }
}
