import type { Incident, IncidentState } from '../core/incident/incident.ts'
import { count, make, makeButton, timeOf } from './make.ts'

const MOST_SOURCES = 8

/** What may be done about an incident, by its state. */
const ACTIONS: Record<IncidentState, [label: string, state: IncidentState][]> = {
  open: [
    ['Acknowledge', 'acknowledged'],
    ['Resolve', 'resolved'],
  ],
  acknowledged: [['Resolve', 'resolved']],
  resolved: [['Reopen', 'open']],
}

export interface IncidentActions {
  change(id: string, state: IncidentState): Promise<void>
  /** Looks for its cause. */
  explain(id: string): Promise<void>
}

/**
 * One incident: what happened, where and since when, and what may be done about it.
 * @param report what is known of its cause
 */
export const showIncident = (
  incident: Incident,
  report: HTMLElement,
  { change, explain }: IncidentActions,
): HTMLElement => {
  const { id, title, state, severity, sources, moreSources, first, worst } = incident
  const card = make('article', `incident ${state}`)
  const head = make('h2', '')
  head.append(
    make('span', `kind ${severity}`, `${severity}, ${state}`),
    make('span', 'session', title),
    make('time', '', timeOf(incident.lastSeen)),
  )
  card.append(head, make('pre', 'odd', worst.text))
  if (first.text !== worst.text) card.append(make('div', 'was', `began with: ${first.text}`))
  const names = sources.slice(0, MOST_SOURCES).map(each => each.source)
  const more = sources.length - names.length + moreSources
  const where = more > 0 ? `${names.join(', ')} and ${count(more)} more` : names.join(', ')
  const many = incident.anomalies === 1 ? 'one anomaly' : `${count(incident.anomalies)} anomalies`
  const back = incident.reopened > 0 ? ` · came back ${incident.reopened} ×` : ''
  card.append(
    make('p', 'facts', `${many} in ${where} · since ${timeOf(incident.firstSeen)}${back}`),
  )
  if (incident.note !== undefined) card.append(make('p', 'facts', `note: ${incident.note}`))
  const actions = make('p', 'actions')
  for (const [label, next] of ACTIONS[state]) {
    actions.append(makeButton(label, () => change(id, next)))
  }
  actions.append(makeButton('Root cause', () => explain(id)))
  card.append(actions, report)
  const item = make('li', '')
  item.append(card)
  return item
}
