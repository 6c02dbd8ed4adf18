import type { Incident, IncidentState } from '../core/incident/incident.ts'
import type { Connection } from './connection.ts'
import { listPage, type Page, type PageRequest } from './paging.ts'
import { foldCase, incidentText } from './search-text.ts'
import { createWhere } from './where.ts'

export interface IncidentQuery extends PageRequest {
  states?: readonly IncidentState[]
  source?: string
  /** Overlapping [from, to), epoch ms. */
  from?: number
  to?: number
  text?: string
}

export interface IncidentTable {
  put(incident: Incident): void
  get(id: string): Incident | undefined
  /** Newest `lastSeen` first. */
  list(query: IncidentQuery): Page<Incident>
  /** Those last seen since, of any state, oldest first: what grouping goes on with. */
  recent(since: number): Incident[]
}

interface Row {
  body: string
}

const readRow = ({ body }: Row): Incident => JSON.parse(body)

/** A list of names as one text in which a whole name can be found. */
const listed = (names: readonly string[]): string => JSON.stringify(names).slice(1, -1)

export const createIncidentTable = (connection: Connection): IncidentTable => ({
  put(incident) {
    const { id, state, firstSeen, lastSeen, changed, sources } = incident
    connection.run(
      `INSERT INTO incidents (id, state, first_seen, last_seen, changed, sources, text, body)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET state = excluded.state, first_seen = excluded.first_seen,
         last_seen = excluded.last_seen, changed = excluded.changed, sources = excluded.sources,
         text = excluded.text, body = excluded.body`,
      id,
      state,
      firstSeen,
      lastSeen,
      changed ?? null,
      listed(sources.map(({ source }) => source)),
      incidentText(incident),
      JSON.stringify(incident),
    )
  },
  get(id) {
    const row = connection.get<Row>('SELECT body FROM incidents WHERE id = ?', id)
    return row && readRow(row)
  },
  list(query) {
    const { source, from, to, text } = query
    const where = createWhere()
    if (from !== undefined) where.add('last_seen >= ?', from)
    if (to !== undefined) where.add('first_seen < ?', to)
    where.among('state', query.states)
    if (source !== undefined) where.add('instr(sources, ?) > 0', listed([source]))
    if (text !== undefined) where.add('instr(text, ?) > 0', foldCase(text))
    return listPage<Row, Incident>(
      connection,
      {
        list: 'incidents',
        select: 'SELECT last_seen AS at, n, body FROM incidents INDEXED BY incidents_last_seen',
        at: 'last_seen',
        where,
        read: readRow,
      },
      query,
    )
  },
  recent: since =>
    connection
      .all<Row>('SELECT body FROM incidents WHERE last_seen >= ? ORDER BY last_seen, n', since)
      .map(readRow),
})
