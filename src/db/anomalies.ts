import type { Course } from '../core/pipeline/stream-types.ts'
import type { Anomaly } from '../core/types.ts'
import type { AnomalyQuery, AnomalyState, AnomalyTable, StoredAnomaly } from './anomaly-table.ts'
import type { Connection } from './connection.ts'
import { listPage, type SortKey } from './paging.ts'
import { anomalyText, foldCase } from './search-text.ts'
import { createWhere, type Where } from './where.ts'

interface Row extends SortKey {
  body: string
  state: AnomalyState
  suppression: string | null
  incident: string | null
  stored: number
}

const COLUMNS = 'a.at, a.n, a.state, a.suppression, a.incident, a.stored, b.body'

const readRow = ({ body, state, suppression, incident, stored }: Row): StoredAnomaly => ({
  ...(JSON.parse(body) as Anomaly),
  ...(incident !== null && { incident }),
  state,
  ...(suppression !== null && { suppressedBy: suppression }),
  stored,
})

/** Each template once, and the order in which they come: sessions repeat themselves. */
const packCourse = ({ kind, templates }: Course): string => {
  const texts = [...new Set(templates)]
  const places = new Map(texts.map((text, i) => [text, i]))
  return JSON.stringify([kind, texts, templates.map(text => places.get(text))])
}

const unpackCourse = (packed: string): Course => {
  const [kind, texts, order] = JSON.parse(packed) as [Course['kind'], string[], number[]]
  return { kind, templates: order.map(i => texts[i]!) }
}

type Filter = Omit<AnomalyQuery, 'limit' | 'cursor'>

/** The index that finds fewest rows; every one of them is sorted by (at, n) within its key. */
const indexFor = ({ incident, session, source }: Filter): string => {
  if (incident !== undefined) return 'anomalies_incident'
  if (session !== undefined) return 'anomalies_session'
  return source !== undefined ? 'anomalies_source' : 'anomalies_at'
}

const whereOf = (filter: Filter, maybe: boolean): Where => {
  const { incident, session, source, from, to, minScore, text } = filter
  const where = createWhere()
  if (incident !== undefined) where.add('a.incident = ?', incident)
  if (session !== undefined) where.add('a.session = ?', session)
  if (source !== undefined) where.add('a.source = ?', source)
  if (from !== undefined) where.add('a.at >= ?', from)
  if (to !== undefined) where.add('a.at < ?', to)
  if (minScore !== undefined) where.add('a.score >= ?', minScore)
  where.among('a.kind', filter.kinds)
  where.among('a.state', filter.states)
  if (text !== undefined && text !== '') {
    const found = 'instr(a.text, ?) > 0'
    where.add(maybe ? `(${found} OR a.text_cut = 1)` : found, foldCase(text))
  }
  return where
}

export const createAnomalyTable = (connection: Connection): AnomalyTable => {
  const list = (query: AnomalyQuery, maybe = false) =>
    listPage<Row, StoredAnomaly>(
      connection,
      {
        list: 'anomalies',
        // CROSS JOIN keeps the order of the tables: bodies are read of the rows given only.
        select:
          `SELECT ${COLUMNS} FROM anomalies a INDEXED BY ${indexFor(query)} ` +
          'CROSS JOIN anomaly_bodies b ON b.n = a.n',
        at: 'a.at',
        n: 'a.n',
        where: whereOf(query, maybe),
        read: readRow,
      },
      query,
    )

  return {
    add: (anomaly, { stored, suppressedBy, course }) =>
      connection.transaction(() => {
        const { text, cut } = anomalyText(anomaly)
        const { changes, row } = connection.run(
          `INSERT INTO anomalies (id, at, source, session, kind, score, state, suppression,
             incident, stored, text_cut, text)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
          anomaly.id,
          anomaly.at,
          anomaly.source,
          anomaly.session,
          anomaly.kind,
          anomaly.score,
          suppressedBy === undefined ? 'open' : 'suppressed',
          suppressedBy ?? null,
          anomaly.incident ?? null,
          stored,
          cut ? 1 : 0,
          text,
        )
        if (changes === 0) return false
        const body = JSON.stringify(anomaly)
        connection.run(
          'INSERT INTO anomaly_bodies (n, body, course) VALUES (?, ?, ?)',
          row,
          body,
          course === undefined ? null : packCourse(course),
        )
        return true
      }),
    get(id) {
      const row = connection.get<Row>(
        `SELECT ${COLUMNS} FROM anomalies a JOIN anomaly_bodies b ON b.n = a.n WHERE a.id = ?`,
        id,
      )
      return row && readRow(row)
    },
    course(id) {
      const row = connection.get<{ course: string | null }>(
        'SELECT b.course FROM anomalies a JOIN anomaly_bodies b ON b.n = a.n WHERE a.id = ?',
        id,
      )
      return row?.course ? unpackCourse(row.course) : undefined
    },
    list: query => list(query),
    count(query) {
      const where = whereOf(query, false)
      const { n } = connection.get<{ n: number }>(
        `SELECT count(*) AS n FROM anomalies a INDEXED BY ${indexFor(query)} ${where.sql()}`,
        ...where.values,
      )!
      return n
    },
    *each(query, batch = 200) {
      let cursor: string | null | undefined
      do {
        const page = list({ ...query, limit: batch, ...(cursor && { cursor }) }, true)
        if (page.items.length > 0) yield page.items
        cursor = page.next
      } while (cursor !== null)
    },
    setState: (id, state, suppressedBy) =>
      connection.run(
        'UPDATE anomalies SET state = ?, suppression = ? WHERE id = ?',
        state,
        suppressedBy ?? null,
        id,
      ).changes === 1,
    reopenSuppressed: (suppression, most = 1000) =>
      connection.run(
        `UPDATE anomalies SET state = 'open', suppression = NULL WHERE n IN (
           SELECT n FROM anomalies WHERE suppression = ? LIMIT ?)`,
        suppression,
        most,
      ).changes,
    setIncident(id, incident) {
      connection.run('UPDATE anomalies SET incident = ? WHERE id = ?', incident, id)
    },
  }
}
