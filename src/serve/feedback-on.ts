import type { GivenFeedback } from '../api/deps.ts'
import { given } from '../api/given.ts'
import type { Course } from '../core/pipeline/stream-types.ts'
import type { Database, Feedback, StoredAnomaly } from '../db/database.ts'

/** What a verdict on an anomaly teaches: its whole session, and templates of it if asked. */
export const feedbackOn = (
  db: Database,
  anomaly: StoredAnomaly,
  { verdict, templates, reason, by }: GivenFeedback,
  made: { id: string; created: number },
): Feedback => {
  const course = courseOf(db, anomaly)
  return {
    id: made.id,
    anomaly: anomaly.id,
    verdict,
    session: [...course.templates],
    kind: course.kind,
    templates: verdict === 'normal' ? templatesOf(anomaly, templates) : [],
    ...given({ reason, by }),
    created: made.created,
  }
}

/** The session of an anomaly; where none was kept, the part of it that is shown. */
export const courseOf = (db: Database, { id, source, session, lines }: StoredAnomaly): Course =>
  db.anomalies.course(id) ?? {
    // What windows are called begins with their source.
    kind: session.startsWith(`${source} `) ? 'window' : 'key',
    templates: lines.map(line => line.template),
  }

const templatesOf = (
  { lines }: StoredAnomaly,
  wanted: boolean | readonly number[] | undefined,
): string[] => {
  const asked = lines.filter(({ odd, templateId }) =>
    typeof wanted === 'object' ? wanted.includes(templateId) : wanted === true && odd,
  )
  return [...new Set(asked.map(line => line.template))]
}
