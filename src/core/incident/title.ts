import type { AnomalyKind } from '../types.ts'
import type { Incident, IncidentTemplate, SignRole } from './incident.ts'
import { plainText, quoteText } from './plain-text.ts'
import { sizeOf } from './severity.ts'

/** A title is one line of a list, and the subject of a message. */
const MOST_TITLE = 200
const MOST_SOURCE = 40
/** Sources that are named beside the first. */
const MOST_NAMED = 2

/**
 * What is wrong, where, and how much of it, in plain words:
 * `payment: requests end before "charge captured" (312 sessions, also in cart, gateway)`.
 * Log text is quoted, without control characters, and cut.
 */
export const titleOf = (incident: Incident): string => {
  const [main] = incident.sources
  const where = nameOf(main?.source ?? incident.first.source)
  const room = MOST_TITLE - where.length - 2
  const extent = ` (${extentOf(incident)})`
  return `${where}: ${plainText(troubleOf(incident), room - extent.length)}${extent}`
}

const nameOf = (source: string): string => plainText(source, MOST_SOURCE) || 'unknown source'

const extentOf = (incident: Incident): string => {
  const { sources, moreSources, anomalies, memory } = incident
  const size = sizeOf(incident)
  const windows = 2 * (memory?.windows ?? 0) > anomalies
  const unit = windows ? 'time' : 'session'
  const count = `${size.toLocaleString('en')} ${unit}${size === 1 ? '' : 's'}`
  const others = sources.slice(1, 1 + MOST_NAMED).map(({ source }) => nameOf(source))
  const more = sources.length + moreSources - 1 - others.length
  if (others.length === 0) return count
  return `${count}, also in ${others.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** The kind that most anomalies are of; the first named where several are as common. */
const kindOf = ({ kinds }: Incident): AnomalyKind =>
  (Object.entries(kinds) as [AnomalyKind, number][]).reduce(
    (a, b) => (b[1] > a[1] ? b : a),
    ['sequence', 0],
  )[0]

const troubleOf = (incident: Incident): string => {
  const kind = kindOf(incident)
  const sign = signFor(kind, incident.templates)
  if (sign === undefined) return PLAIN[kind]
  const text = quoteText(sign.template)
  const role = roleOf(sign)
  return role === 'odd' ? ODD[kind](text) : ABSENT[role](text)
}

/** The strongest sign that the kind speaks of, else the strongest of all. */
const signFor = (
  kind: AnomalyKind,
  templates: readonly IncidentTemplate[],
): IncidentTemplate | undefined => {
  const roles = SPEAKS_OF[kind]
  return templates.find(sign => roles?.includes(roleOf(sign))) ?? templates[0]
}

/** How a template is odd most of all. */
const roleOf = ({ roles = {} }: IncidentTemplate): SignRole =>
  (Object.entries(roles) as [SignRole, number][]).reduce(
    (a, b) => (b[1] > a[1] ? b : a),
    ['odd', 0],
  )[0]

const SPEAKS_OF: Partial<Record<AnomalyKind, readonly SignRole[]>> = {
  'new template': ['odd'],
  'missing ending': ['before', 'after'],
  silence: ['missing'],
  rate: ['odd'],
  value: ['odd'],
}

const ABSENT: Record<Exclude<SignRole, 'odd'>, (text: string) => string> = {
  missing: text => `too few ${text}`,
  before: text => `requests end before ${text}`,
  after: text => `requests end after ${text}`,
}

const ODD: Record<AnomalyKind, (text: string) => string> = {
  'new template': text => `never seen before: ${text}`,
  sequence: text => `${text} in the wrong place`,
  'missing ending': text => `requests do not end as they should, see ${text}`,
  count: text => `unusual number of ${text}`,
  rate: text => `unusual rate of ${text}`,
  silence: text => `gone silent, last seen ${text}`,
  value: text => `unusual values in ${text}`,
}

const PLAIN: Record<AnomalyKind, string> = {
  'new template': 'lines never seen before',
  sequence: 'unusual course of events',
  'missing ending': 'requests end too early',
  count: 'unusual numbers of events',
  rate: 'unusual rate of lines',
  silence: 'gone silent',
  value: 'unusual values',
}
