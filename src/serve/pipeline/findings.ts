import type { Incident, IncidentChange } from '../../core/incident/incident.ts'
import { matches } from '../../core/incident/suppress.ts'
import type { StreamDetection } from '../../core/pipeline/stream-types.ts'
import type { Anomaly } from '../../core/types.ts'
import type { Database } from '../../db/database.ts'
import type { Rules } from './rules.ts'

/** What was done with findings: for metrics and those who listen. */
export interface Stored {
  /** Anomalies that were not there yet. */
  fresh: Anomaly[]
  suppressed: number
  /** Id of the latest event; 0 when nothing was told. */
  lastEvent: number
}

/** Of several changes to one incident in one batch people hear of the loudest. */
const LOUDNESS: Record<IncidentChange, number> = { grew: 0, worsened: 1, reopened: 2, opened: 3 }

/**
 * Writes anomalies, what they do to incidents, and the events that tell of both. What is there
 * already, by id, changes nothing: lines that are read again after a crash do no harm. To be called
 * in a transaction.
 * @param deps.now when one was found, epoch ms: the same wherever it is stored
 */
export const storeFindings = (
  { anomalies, courses }: Pick<StreamDetection, 'anomalies' | 'courses'>,
  deps: { db: Database; rules: Rules; now(i: number): number },
): Stored => {
  const { db, rules } = deps
  const stored: Stored = { fresh: [], suppressed: 0, lastEvent: 0 }
  const touched = new Map<string, { incident: Incident; change: IncidentChange }>()
  for (const [i, anomaly] of anomalies.entries()) {
    const now = deps.now(i)
    const rule = rules.suppressions(now).find(each => matches(each, anomaly))
    const course = courses[i]
    const hidden = rule === undefined ? {} : { suppressedBy: rule.id }
    const more = { stored: now, ...(course && { course }), ...hidden }
    if (!db.anomalies.add(anomaly, more)) continue
    stored.fresh.push(anomaly)
    if (rule !== undefined) {
      db.suppressions.countHidden(rule.id, 1)
      stored.suppressed++
      continue
    }
    const { incident, change } = rules.grouper.add(anomaly, now)
    db.anomalies.setIncident(anomaly.id, incident.id)
    const before = touched.get(incident.id)?.change ?? 'grew'
    const louder = LOUDNESS[change] > LOUDNESS[before] ? change : before
    touched.set(incident.id, { incident, change: louder })
    stored.lastEvent = db.events.add({
      type: 'anomaly',
      data: JSON.stringify({ ...anomaly, incident: incident.id }),
      ...{ kind: anomaly.kind, source: anomaly.source, score: anomaly.score },
    })
  }
  for (const { incident, change } of touched.values()) {
    db.incidents.put(incident)
    if (change === 'grew') continue
    const { source, score } = incident.worst
    const data = JSON.stringify({ change, incident })
    stored.lastEvent = db.events.add({ type: 'incident', data, source, score })
  }
  return stored
}
