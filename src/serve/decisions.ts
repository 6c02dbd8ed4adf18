import type { Decisions, PipelineHandle } from '../api/deps.ts'
import { given } from '../api/given.ts'
import { changeState } from '../core/incident/change-state.ts'
import { type Incident, type IncidentState, shownIncident } from '../core/incident/incident.ts'
import type { Database, Feedback, StoredAnomaly, StoredEvent } from '../db/database.ts'
import { feedbackOn } from './feedback-on.ts'
import { applyRules, type Rule, reopen, ruleOfFeedback, ruleOfSuppression } from './past-rules.ts'

export interface DecisionDeps {
  db: Database
  pipeline: Pick<PipelineHandle, 'refresh'>
  /** Tells who listens. */
  publish(event: Omit<StoredEvent, 'id'>): void
  /** Epoch ms; the clock when absent. */
  now?(): number
}

/** Why an incident was resolved by itself, and the sign that it may be opened by itself again. */
const NOTHING_LEFT = 'Resolved by itself: each of its anomalies is normal or suppressed.'

/**
 * What people decide. The order is the same each time: the database first, then the pipeline, so
 * that nothing new comes in under the old rules, then what was found before.
 */
export const createDecisions = (deps: DecisionDeps): Decisions => {
  const { db, pipeline, publish, now = Date.now } = deps

  const tell = (incident: Incident): Incident => {
    const shown = shownIncident(incident)
    const data = JSON.stringify({ change: 'changed', incident: shown })
    publish({ type: 'incident', data })
    return shown
  }
  /** Incidents follow their anomalies: without one that counts they are over. */
  const settle = (ids: ReadonlySet<string>): void => {
    for (const id of ids) {
      const changed = db.transaction(() => {
        const incident = db.incidents.get(id)
        if (incident === undefined) return undefined
        const left = db.anomalies.count({ incident: id, states: ['open', 'real'] })
        const over = incident.state === 'resolved'
        if (left === 0 && !over)
          return put(changeState(incident, 'resolved', { now: now(), note: NOTHING_LEFT }))
        if (left > 0 && over && incident.note === NOTHING_LEFT) {
          return put(changeState(incident, 'open', { now: now() }))
        }
        return undefined
      })
      if (changed !== undefined) tell(changed)
    }
  }
  const put = (incident: Incident): Incident => {
    db.incidents.put(incident)
    return incident
  }
  /** What holds now: for anomalies that show again. */
  const allRules = (): Rule[] => [
    ...db.feedback.normals().map(each => ruleOfFeedback(db, each)),
    ...db.suppressions.active(now()).map(ruleOfSuppression),
  ]
  /** Shows again what a rule has hidden, as far as no other hides it. */
  const undo = async (rule: string, incidents: Set<string>): Promise<number> => {
    const count = await reopen(db, rule, incidents)
    if (count > 0) await applyRules(db, allRules(), incidents)
    return count
  }

  const judge: Decisions['judge'] = async (id, verdict) => {
    const anomaly = db.anomalies.get(id)
    if (anomaly === undefined) return undefined
    const before = said(db, id)
    const feedback = feedbackOn(db, anomaly, verdict, now())
    const incidents = incidentsOf(anomaly)
    db.transaction(() => {
      for (const each of before) db.feedback.remove(each.id)
      db.feedback.add(feedback)
      db.anomalies.setState(id, feedback.verdict)
    })
    await pipeline.refresh()
    for (const each of before) await undo(each.id, incidents)
    const alike =
      feedback.verdict === 'real'
        ? 0
        : await applyRules(db, [ruleOfFeedback(db, feedback)], incidents)
    settle(incidents)
    await pipeline.refresh()
    return { feedback, alike }
  }

  const withdraw: Decisions['withdraw'] = async id => {
    const [feedback, ...others] = said(db, id)
    const anomaly = db.anomalies.get(id)
    if (feedback === undefined || anomaly === undefined) return undefined
    const incidents = incidentsOf(anomaly)
    db.transaction(() => {
      for (const each of [feedback, ...others]) db.feedback.remove(each.id)
      db.anomalies.setState(id, 'open')
    })
    await pipeline.refresh()
    const alike = await reopen(db, feedback.id, incidents)
    await applyRules(db, allRules(), incidents)
    settle(incidents)
    await pipeline.refresh()
    return { feedback, alike }
  }

  return {
    judge,
    withdraw,
    async suppress(wanted) {
      const id = crypto.randomUUID()
      const suppression = { ...given(wanted), id, created: now() }
      db.suppressions.add(suppression)
      await pipeline.refresh()
      const incidents = new Set<string>()
      await applyRules(db, [ruleOfSuppression(suppression)], incidents)
      settle(incidents)
      await pipeline.refresh()
      return db.suppressions.get(id) ?? { ...suppression, hidden: 0 }
    },
    async unsuppress(id) {
      const suppression = db.suppressions.get(id)
      if (suppression === undefined || !db.suppressions.remove(id)) return undefined
      await pipeline.refresh()
      const incidents = new Set<string>()
      await undo(id, incidents)
      settle(incidents)
      await pipeline.refresh()
      return suppression
    },
    async changeIncident(id, change) {
      const changed = db.transaction(() => {
        const incident = db.incidents.get(id)
        return incident && put(withChange(incident, change, now()))
      })
      if (changed === undefined) return undefined
      const shown = tell(changed)
      await pipeline.refresh()
      return shown
    },
    async editTemplates(edit) {
      const made = { ...edit, id: crypto.randomUUID(), created: now() }
      db.transaction(() => {
        for (const old of db.templateEdits.all()) {
          if (old.kind === edit.kind && sameTexts(old.templates, edit.templates)) {
            db.templateEdits.remove(old.id)
          }
        }
        db.templateEdits.add(made)
      })
      await pipeline.refresh()
      return made
    },
    async undoEdit(id) {
      const edit = db.templateEdits.all().find(each => each.id === id)
      if (edit === undefined || !db.templateEdits.remove(id)) return undefined
      await pipeline.refresh()
      return edit
    },
  }
}

const said = (db: Database, anomaly: string): Feedback[] =>
  db.feedback.list({ anomaly, limit: 1000 }).items

const incidentsOf = ({ incident }: StoredAnomaly): Set<string> =>
  new Set(incident === undefined ? [] : [incident])

interface IncidentChange {
  state?: IncidentState | undefined
  note?: string | undefined
}

/** A state, a note or both; an empty note removes what was noted. */
const withChange = (incident: Incident, { state, note }: IncidentChange, now: number): Incident => {
  const { note: before, ...rest } = incident
  const kept = note ?? before
  const noted = { ...rest, ...(kept !== undefined && kept !== '' && { note: kept }) }
  if (state === undefined) return noted
  return changeState(incident, state, {
    now,
    ...(noted.note !== undefined && { note: noted.note }),
  })
}

const sameTexts = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((text, i) => text === b[i])
