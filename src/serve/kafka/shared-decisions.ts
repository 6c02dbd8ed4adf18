import type { Decisions } from '../../api/deps.ts'
import { LogbertError } from '../../core/errors.ts'
import type { Database } from '../../db/database.ts'
import { feedbackOn } from '../feedback-on.ts'
import type { Decision, DecisionRecord } from './decision-record.ts'

/** How long a decision may take from the broker back to this node, ms. */
const PATIENCE_MS = 30_000

export interface SharedDecisionDeps {
  db: Database
  /** What carries decisions out on this node, under an id and at a time. */
  local(made: { id: string; at: number }): Decisions
  /** Resolves when all brokers in sync have it. */
  publish(record: DecisionRecord): Promise<void>
  /** See `DecisionRecord`. */
  after(): DecisionRecord['after']
  patienceMs?: number
}

/**
 * Decisions of a node among several: each is published, and carried out by every node in the order
 * of the topic, the one that was asked included; so all of them come to show the same.
 */
export interface SharedDecisions extends Decisions {
  /** Carries out what the topic brings next. */
  take(record: DecisionRecord): Promise<void>
}

interface Waiting {
  resolve(outcome: unknown): void
  reject(error: unknown): void
}

export const createSharedDecisions = (deps: SharedDecisionDeps): SharedDecisions => {
  const { db, local, publish, patienceMs = PATIENCE_MS } = deps
  const waiting = new Map<string, Waiting>()

  const share = async <T>(decision: Decision): Promise<T> => {
    const id = crypto.randomUUID()
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    waiting.set(id, { resolve, reject })
    const late = setTimeout(() => reject(tooLate(patienceMs)), patienceMs)
    promise.catch(() => undefined)
    try {
      await publish({ id, at: Date.now(), after: deps.after(), decision })
      return (await promise) as T
    } finally {
      clearTimeout(late)
      waiting.delete(id)
    }
  }
  const judge: Decisions['judge'] = async (anomaly, given) => {
    const found = db.anomalies.get(anomaly)
    if (found === undefined) return undefined
    const { verdict, kind, session, templates } = feedbackOn(db, found, given, {
      id: '',
      created: 0,
    })
    const course = { kind, templates: session }
    const taught = { ...(verdict === 'normal' && { course }), templates }
    return share({ type: 'judge', anomaly, given, taught })
  }
  return {
    judge,
    withdraw: anomaly => share({ type: 'withdraw', anomaly }),
    suppress: given => share({ type: 'suppress', given }),
    unsuppress: suppression => share({ type: 'unsuppress', suppression }),
    changeIncident: (incident, change) => share({ type: 'incident', incident, change }),
    editTemplates: edit => share({ type: 'edit', edit }),
    undoEdit: edit => share({ type: 'undo edit', edit }),
    rateReport: (report, given) => share({ type: 'rate', report, given }),
    async take(record) {
      const asked = waiting.get(record.id)
      try {
        const outcome = await carryOut(db, local(record), record)
        asked?.resolve(outcome)
      } catch (error) {
        // What this node refuses the others refuse, too: only who asked need know.
        if (!(error instanceof LogbertError)) throw error
        asked?.reject(error)
      }
    },
  }
}

/** Once more after a crash it does no harm. */
const carryOut = async (
  db: Database,
  here: Decisions,
  { id, decision }: DecisionRecord,
): Promise<unknown> => {
  switch (decision.type) {
    case 'judge':
      return here.judge(decision.anomaly, decision.given)
    case 'withdraw':
      return here.withdraw(decision.anomaly)
    case 'suppress':
      return db.suppressions.get(id) ?? here.suppress(decision.given)
    case 'unsuppress':
      return here.unsuppress(decision.suppression)
    case 'incident':
      return here.changeIncident(decision.incident, decision.change)
    case 'edit':
      return here.editTemplates(decision.edit)
    case 'undo edit':
      return here.undoEdit(decision.edit)
    case 'rate':
      return here.rateReport(decision.report, decision.given)
  }
}

const tooLate = (ms: number): LogbertError =>
  new LogbertError(
    'AWAY',
    `the decision is safe with the brokers, but did not come back within ${ms / 1000} s; look again in a moment`,
  )
