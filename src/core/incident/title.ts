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
  const { sources, moreSources } = incident
  const size = sizeOf(incident)
  const unit = isOfWindows(incident) ? 'time' : 'session'
  const count = `${size.toLocaleString('en')} ${unit}${size === 1 ? '' : 's'}`
  const others = sources.slice(1, 1 + MOST_NAMED).map(({ source }) => nameOf(source))
  const more = sources.length + moreSources - 1 - others.length
  if (others.length === 0) return count
  return `${count}, also in ${others.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** A line that nobody has seen before says most, if a fifth of the anomalies have one. */
const TELLING = 0.2

/** What is told: new lines, or else the kind that most anomalies are of. */
const kindOf = ({ kinds, anomalies }: Incident): AnomalyKind => {
  if ((kinds['new template'] ?? 0) >= TELLING * anomalies) return 'new template'
  const counts = Object.entries(kinds) as [AnomalyKind, number][]
  return counts.reduce((a, b) => (b[1] > a[1] ? b : a), ['sequence', 0])[0]
}

const troubleOf = (incident: Incident): string => {
  const kind = kindOf(incident)
  const sign = signFor(incident, kind)
  if (sign === undefined) return PLAIN[kind]
  const text = quoteText(sign.template)
  const role = roleOf(sign)
  return role === 'odd' ? ODD[kind](text) : ABSENT[role](text)
}

/**
 * The strongest sign that the kind speaks of, else the strongest of all. Where a log is cut into
 * stretches, what there is too much of takes the place of what is then missing.
 */
const signFor = (incident: Incident, kind: AnomalyKind): IncidentTemplate | undefined => {
  const { templates } = incident
  const roles = SPEAKS_OF[kind] ?? (isOfWindows(incident) ? ['odd'] : undefined)
  return templates.find(sign => roles?.includes(roleOf(sign))) ?? templates[0]
}

const isOfWindows = ({ memory, anomalies }: Incident): boolean =>
  2 * (memory?.windows ?? 0) > anomalies

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
  sequence: text => `${text} out of place`,
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
