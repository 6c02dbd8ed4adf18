import type { Decisions, PipelineHandle } from '../api/deps.ts'
import { given } from '../api/given.ts'
import { changeState } from '../core/incident/change-state.ts'
import { type Incident, type IncidentState, shownIncident } from '../core/incident/incident.ts'
import type { Database, Feedback, StoredAnomaly, StoredEvent } from '../db/database.ts'
import { feedbackOn } from './feedback-on.ts'
import { applyRules, type Rule, reopen, ruleOfFeedback, ruleOfSuppression } from './past-rules.ts'
import { createTurns } from './pipeline/turns.ts'

export interface DecisionDeps {
  db: Database
  pipeline: Pick<PipelineHandle, 'refresh'>
  /** Tells who listens. */
  publish(event: Omit<StoredEvent, 'id'>): void
  /** Epoch ms; the clock when absent. */
  now?(): number
  /** Of what is made; random when absent. */
  newId?(): string
}

/** Why an incident was resolved by itself, and the sign that it may be opened by itself again. */
const NOTHING_LEFT = 'Resolved by itself: each of its anomalies is normal or suppressed.'

/**
 * The pipeline may write an incident as it knew it just when a person changes it: until it has looked
 * at the change, that is made again.
 */
const MOST_TURNS = 4

/**
 * What people decide. The order is the same each time: the database first, then the pipeline, so
 * that nothing new comes in under the old rules, then what was found before.
 */
export const createDecisions = (deps: DecisionDeps): Decisions => {
  const { db, pipeline, publish, now = Date.now, newId = () => crypto.randomUUID() } = deps

  const turns = createTurns()
  /** A pipeline that is down or starting looks at the database when it comes: nothing is lost. */
  const refresh = (): Promise<void> => pipeline.refresh().catch(() => undefined)
  const tell = (incident: Incident): Incident => {
    const shown = shownIncident(incident)
    const data = JSON.stringify({ change: 'changed', incident: shown })
    publish({ type: 'incident', data })
    return shown
  }
  const put = (incident: Incident): Incident => {
    db.incidents.put(incident)
    return incident
  }
  /** What an incident becomes by what is left of it; undefined where it stays what it is. */
  const follow = (id: string): Incident | undefined => {
    const incident = db.incidents.get(id)
    if (incident === undefined) return undefined
    const left = db.anomalies.count({ incident: id, states: ['open', 'real'] })
    const over = incident.state === 'resolved'
    if (left === 0 && !over) {
      return put(changeState(incident, 'resolved', { now: now(), note: NOTHING_LEFT }))
    }
    if (left > 0 && over && incident.note === NOTHING_LEFT) {
      return put(changeState(incident, 'open', { now: now() }))
    }
    return undefined
  }
  /** Incidents follow their anomalies: without one that counts they are over. */
  const settle = async (ids: ReadonlySet<string>): Promise<void> => {
    const told = new Map<string, Incident>()
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      const changed = [...ids].flatMap(id => db.transaction(() => follow(id)) ?? [])
      await refresh()
      if (changed.length === 0) break
      for (const incident of changed) told.set(incident.id, incident)
    }
    for (const incident of told.values()) tell(incident)
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
    const feedback = feedbackOn(db, anomaly, verdict, { id: newId(), created: now() })
    const incidents = incidentsOf(anomaly)
    db.transaction(() => {
      for (const each of before) db.feedback.remove(each.id)
      db.feedback.add(feedback)
      db.anomalies.setState(id, feedback.verdict)
    })
    await refresh()
    for (const each of before) await undo(each.id, incidents)
    const alike =
      feedback.verdict === 'real'
        ? 0
        : await applyRules(db, [ruleOfFeedback(db, feedback)], incidents)
    await settle(incidents)
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
    await refresh()
    const alike = await reopen(db, feedback.id, incidents)
    await applyRules(db, allRules(), incidents)
    await settle(incidents)
    return { feedback, alike }
  }

  return {
    judge,
    withdraw,
    async suppress(wanted) {
      const id = newId()
      const suppression = { ...given(wanted), id, created: now() }
      db.suppressions.add(suppression)
      await refresh()
      const incidents = new Set<string>()
      await applyRules(db, [ruleOfSuppression(suppression)], incidents)
      await settle(incidents)
      return db.suppressions.get(id) ?? { ...suppression, hidden: 0 }
    },
    async unsuppress(id) {
      const suppression = db.suppressions.get(id)
      if (suppression === undefined || !db.suppressions.remove(id)) return undefined
      await refresh()
      const incidents = new Set<string>()
      await undo(id, incidents)
      await settle(incidents)
      return suppression
    },
    // One after the other: what is made again is so before the next change, not after it.
    changeIncident: (id, change) =>
      turns.take(async () => {
        let changed: Incident | undefined
        for (let turn = 0; turn < MOST_TURNS; turn++) {
          const made = db.transaction(() => {
            const incident = db.incidents.get(id)
            return incident && put(withChange(incident, change, now()))
          })
          if (made === undefined) return undefined
          changed = made
          await refresh()
          if (stands(made, db.incidents.get(id))) break
        }
        return changed && tell(changed)
      }),
    async editTemplates(edit) {
      const made = { ...edit, id: newId(), created: now() }
      db.transaction(() => {
        for (const old of db.templateEdits.all()) {
          if (old.kind === edit.kind && sameTexts(old.templates, edit.templates)) {
            db.templateEdits.remove(old.id)
          }
        }
        db.templateEdits.add(made)
      })
      await refresh()
      return made
    },
    async undoEdit(id) {
      const edit = db.templateEdits.all().find(each => each.id === id)
      if (edit === undefined || !db.templateEdits.remove(id)) return undefined
      await refresh()
      return edit
    },
    async rateReport(report, said) {
      const feedback = {
        ...{ report: report.id, ...given({ incident: report.incident }) },
        ...{ ...given(said), created: now() },
      }
      db.reportFeedback.put(feedback)
      const rated = db.reports.get(report.id)
      if (rated !== undefined) {
        publish({ type: 'rca', data: JSON.stringify({ ...rated, feedback }) })
      }
      return feedback
    },
  }
}

const said = (db: Database, anomaly: string): Feedback[] =>
  db.feedback.list({ anomaly, limit: 1000 }).items

const incidentsOf = ({ incident }: StoredAnomaly): Set<string> =>
  new Set(incident === undefined ? [] : [incident])

/** Whether a change is still there, or was followed by new trouble. */
const stands = (made: Incident, found: Incident | undefined): boolean =>
  found === undefined ||
  found.reopened > made.reopened ||
  (found.state === made.state && found.note === made.note)

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
