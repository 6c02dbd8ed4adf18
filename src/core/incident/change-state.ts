import { LogbertError } from '../errors.ts'
import type { Incident, IncidentState } from './incident.ts'

/** From a state to those that a person may set. */
const NEXT: Record<IncidentState, readonly IncidentState[]> = {
  open: ['acknowledged', 'resolved'],
  acknowledged: ['resolved', 'open'],
  resolved: ['open'],
}

const WHY: Partial<Record<`${IncidentState} ${IncidentState}`, string>> = {
  'resolved acknowledged': 'it is resolved; open it again first',
}

/**
 * What a person decides about an incident: open → acknowledged → resolved, or straight to resolved;
 * one that is acknowledged or resolved can be opened again. Anomalies open resolved ones by
 * themselves (see `createGrouper`).
 * @param facts.now epoch ms
 * @returns a changed copy
 * @throws LogbertError CONFLICT when it is in that state already, or cannot get there
 */
export const changeState = (
  incident: Incident,
  state: IncidentState,
  facts: { now: number; note?: string },
): Incident => {
  const { id, state: was } = incident
  if (!NEXT[was].includes(state)) {
    const why = was === state ? `it is ${was} already` : WHY[`${was} ${state}`]
    throw new LogbertError(
      'CONFLICT',
      `setting incident ${id} to ${state} failed: ${why ?? `it is ${was}`}; ` +
        `from here it can become ${NEXT[was].join(' or ')}`,
    )
  }
  const { note: _, ...rest } = incident
  const { now, note } = facts
  return { ...rest, state, changed: now, ...(note !== undefined && { note }) }
}
