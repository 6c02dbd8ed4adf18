import { LogbertError } from '../core/errors.ts'
import type { Connection } from './connection.ts'

/**
 * The tables, as steps from one version to the next; a step that was released is never changed.
 * Columns beside `body` are what lists filter and sort by. Indexes of anomalies hold what most
 * filters ask for, so that a search for few among many never leaves the index.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE anomalies (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    source TEXT NOT NULL,
    session TEXT NOT NULL,
    kind TEXT NOT NULL,
    score REAL NOT NULL,
    state TEXT NOT NULL,
    suppression TEXT,
    incident TEXT,
    stored INTEGER NOT NULL,
    text_cut INTEGER NOT NULL,
    text TEXT NOT NULL
  );
  CREATE INDEX anomalies_at ON anomalies (at, n, state, kind, score);
  CREATE INDEX anomalies_source ON anomalies (source, at, n, state, kind, score);
  CREATE INDEX anomalies_session ON anomalies (session, at);
  CREATE INDEX anomalies_incident ON anomalies (incident, at) WHERE incident IS NOT NULL;
  CREATE INDEX anomalies_suppression ON anomalies (suppression) WHERE suppression IS NOT NULL;
  CREATE INDEX anomalies_stored ON anomalies (stored);
  -- Apart, so that a change of state does not write the whole anomaly again.
  CREATE TABLE anomaly_bodies (n INTEGER PRIMARY KEY, body TEXT NOT NULL, course TEXT);

  CREATE TABLE incidents (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    changed INTEGER,
    sources TEXT NOT NULL,
    text TEXT NOT NULL,
    body TEXT NOT NULL
  );
  CREATE INDEX incidents_last_seen ON incidents (last_seen);

  CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    type TEXT NOT NULL,
    about TEXT NOT NULL,
    data TEXT NOT NULL
  );

  CREATE TABLE feedback (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    anomaly TEXT NOT NULL,
    verdict TEXT NOT NULL,
    created INTEGER NOT NULL,
    body TEXT NOT NULL
  );
  CREATE INDEX feedback_anomaly ON feedback (anomaly);
  CREATE INDEX feedback_created ON feedback (created);

  CREATE TABLE suppressions (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    created INTEGER NOT NULL,
    expires INTEGER,
    hidden INTEGER NOT NULL,
    body TEXT NOT NULL
  );
  CREATE INDEX suppressions_created ON suppressions (created);

  CREATE TABLE jobs (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    created INTEGER NOT NULL,
    ended INTEGER,
    body TEXT NOT NULL
  );
  CREATE INDEX jobs_created ON jobs (created);

  CREATE TABLE reports (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    incident TEXT,
    created INTEGER NOT NULL,
    body TEXT NOT NULL
  );
  CREATE INDEX reports_created ON reports (created);

  CREATE TABLE template_edits (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    created INTEGER NOT NULL,
    body TEXT NOT NULL
  );
  CREATE INDEX template_edits_created ON template_edits (created);

  CREATE TABLE pipeline (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    created INTEGER NOT NULL,
    next TEXT NOT NULL,
    model TEXT NOT NULL,
    state BLOB NOT NULL
  );
  CREATE TABLE ticks (
    n INTEGER PRIMARY KEY,
    partition INTEGER NOT NULL,
    next INTEGER NOT NULL,
    ms INTEGER NOT NULL
  );
  `,
  `
  CREATE TABLE followed (
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    next INTEGER NOT NULL,
    PRIMARY KEY (topic, partition)
  );
  `,
  `
  CREATE INDEX reports_incident ON reports (incident, created) WHERE incident IS NOT NULL;
  -- Of the latest report of each incident.
  CREATE TABLE signatures (
    n INTEGER PRIMARY KEY,
    incident TEXT NOT NULL UNIQUE,
    report TEXT NOT NULL,
    created INTEGER NOT NULL,
    body TEXT NOT NULL
  );
  CREATE INDEX signatures_created ON signatures (created);
  CREATE TABLE report_feedback (
    n INTEGER PRIMARY KEY,
    report TEXT NOT NULL UNIQUE,
    incident TEXT,
    created INTEGER NOT NULL,
    body TEXT NOT NULL
  );
  CREATE INDEX report_feedback_incident ON report_feedback (incident, created)
    WHERE incident IS NOT NULL;
  CREATE INDEX report_feedback_created ON report_feedback (created);
  `,
]

/** Marks the file as ours (`LBED`). */
const APPLICATION = 0x4c424544

const numberOf = (connection: Connection, pragma: string): number =>
  Object.values(connection.get<Record<string, number>>(`PRAGMA ${pragma}`)!)[0]!

const versionOf = (connection: Connection): number => numberOf(connection, 'user_version')

/**
 * Looks at a file before anything is written to it. True for an empty one, which is to become ours.
 * @throws LogbertError BAD_INPUT for a file of another program or of a later version of this one.
 */
export const isFresh = (connection: Connection, latest = MIGRATIONS.length): boolean => {
  const fail = (why: string): never => {
    throw new LogbertError('BAD_INPUT', `opening the database ${connection.file} failed: ${why}`)
  }
  // In this order: another thread may be making the tables, and marks the file with them.
  const empty = connection.get('SELECT 1 FROM sqlite_master LIMIT 1') === undefined
  const application = numberOf(connection, 'application_id')
  if (application !== APPLICATION && !(application === 0 && empty)) {
    fail('it is the database of another program; name another data folder, or move the file away')
  }
  const version = versionOf(connection)
  if (version > latest) {
    fail(
      `it is of version ${version}, this program knows versions up to ${latest}; run a newer ` +
        'release, or restore the copy made before that release ran',
    )
  }
  return empty && application === 0
}

/** Brings the tables to the latest version, all steps or none; threads may do so at once. */
export const migrate = (connection: Connection, steps: readonly string[] = MIGRATIONS): void => {
  if (versionOf(connection) >= steps.length) return
  connection.transaction(() => {
    for (const step of steps.slice(versionOf(connection))) connection.script(step)
    connection.script(`PRAGMA application_id = ${APPLICATION}`)
    connection.script(`PRAGMA user_version = ${Math.max(steps.length, versionOf(connection))}`)
  })
}
