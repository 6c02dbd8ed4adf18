import * as v from 'valibot'
import type { SuspectKind } from '../../core/rca/types.ts'
import type { ReportFeedback } from '../../db/database.ts'
import { epochMs, named, shapeOf } from './common.ts'

export const SUSPECT_KINDS = [
  'service',
  'instance',
  'component',
  'template',
  'parameter',
] as const satisfies readonly SuspectKind[]

export const reportFeedbackShape = named(
  'ReportFeedback',
  shapeOf<ReportFeedback>()(
    v.object({
      report: v.string(),
      incident: v.optional(v.string()),
      helpful: v.boolean(),
      trueCause: v.optional(
        v.union([v.string(), v.object({ kind: v.picklist(SUSPECT_KINDS), name: v.string() })]),
      ),
      note: v.optional(v.string()),
      by: v.optional(v.string()),
      created: epochMs('When it was said'),
    }),
  ),
)
