import { expect, test } from 'bun:test'
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { MIGRATIONS } from '../../src/db/migrations.ts'
import { openDatabase } from '../../src/db/open.ts'
import { databases, errorOf } from './folder.ts'
import { madeAnomaly, madeIncident } from './made.ts'
import { startThread } from './thread.ts'

const { open, path } = databases()

/** A file whose tables are of an earlier version, with a row in it. */
const oldFile = (version: number): string => {
  const file = path()
  const db = open(file, { migrations: MIGRATIONS.slice(0, version) })
  db.incidents.put(madeIncident(version))
  db.close()
  return file
}

const raw = <T>(file: string, work: (db: DatabaseSync) => T): T => {
  const db = new DatabaseSync(file)
  try {
    return work(db)
  } finally {
    db.close()
  }
}

const pragma = (file: string, name: string): unknown =>
  raw(file, db => Object.values(db.prepare(`PRAGMA ${name}`).get()!)[0])

/** What is to come after the latest version, as long as there is nothing. */
const NEXT = [...MIGRATIONS, "ALTER TABLE jobs ADD COLUMN owner TEXT NOT NULL DEFAULT 'nobody'"]

test('files of every earlier version are brought to the latest, with all that is in them', () => {
  for (let version = 1; version < NEXT.length; version++) {
    const file = oldFile(version)
    expect(pragma(file, 'user_version')).toBe(version)
    const db = open(file, { migrations: NEXT })
    expect(pragma(file, 'user_version')).toBe(NEXT.length)
    expect(db.incidents.get(`incident-${version}`)).toEqual(madeIncident(version))
    db.jobs.put({ id: 'j', state: 'waiting', request: {}, created: 1 })
    expect(raw(file, it => it.prepare('SELECT owner FROM jobs').get())).toMatchObject({
      owner: 'nobody',
    })
  }
})

test('a migration that fails leaves the old version whole', () => {
  const file = oldFile(1)
  const broken = [MIGRATIONS[0]!, 'CREATE TABLE more (a); CREATE TABLE jobs (b)']
  expect(errorOf(() => openDatabase(file, { migrations: broken })).message).toContain('jobs')
  expect(pragma(file, 'user_version')).toBe(1)
  const tables = raw(file, db =>
    db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'more'").all(),
  )
  expect(tables).toEqual([])
  expect(open(file).incidents.get('incident-1')).toEqual(madeIncident(1))
})

test('a file of a newer version is refused untouched', () => {
  const file = path()
  open(file, { migrations: NEXT }).close()
  const before = readFileSync(file)
  const { code, message } = errorOf(() => openDatabase(file))
  expect(code).toBe('BAD_INPUT')
  expect(message).toContain(`${file} failed: it is of version ${NEXT.length}`)
  expect(message).toContain('run a newer release')
  expect(readFileSync(file).equals(before)).toBe(true)
})

test('files of others are refused untouched, and it is said what to do', () => {
  const text = path()
  writeFileSync(text, 'not a database at all\n'.repeat(500))
  const foreign = path()
  raw(foreign, db => db.exec('CREATE TABLE bookmarks (url)'))
  for (const file of [text, foreign]) {
    const before = readFileSync(file)
    const { code, message } = errorOf(() => openDatabase(file))
    expect(code).toBe('BAD_INPUT')
    expect(message).toContain(file)
    expect(message).toContain('name another data folder')
    expect(readFileSync(file).equals(before)).toBe(true)
  }
  const folder = path()
  mkdirSync(folder)
  expect(errorOf(() => openDatabase(folder))).toMatchObject({ code: 'BAD_INPUT' })
  const below = `${text}/logbert.db`
  expect(errorOf(() => openDatabase(below))).toMatchObject({ code: 'BAD_INPUT' })
})

test('a damaged file is told as such', () => {
  const file = path()
  const db = open(file)
  db.transaction(() => {
    for (let i = 0; i < 500; i++) db.anomalies.add(madeAnomaly(i), { stored: 1 })
  })
  db.close()
  truncateSync(file, 40_000)
  const { code, message } = errorOf(() => open(file).anomalies.count({ text: 'x' }))
  expect(code).toBe('BAD_INPUT')
  expect(message).toContain('damaged')
})

test('an empty file and a folder that is not there yet are fine', () => {
  const file = path()
  writeFileSync(file, '')
  expect(open(file).anomalies.count({})).toBe(0)
  expect(open(path('new/folder/logbert.db')).anomalies.count({})).toBe(0)
})

test('a new file has its log ahead of it, and can give room back', () => {
  const file = path()
  open(file)
  expect(pragma(file, 'journal_mode')).toBe('wal')
  expect(pragma(file, 'auto_vacuum')).toBe(2)
})

test('a database closes twice without a word', () => {
  const db = open()
  db.close()
  db.close()
})

test('threads that open a new file at once all get the same whole tables', async () => {
  for (let round = 0; round < 5; round++) {
    const file = path()
    const threads = [0, 1, 2, 3].map(() => startThread())
    await Promise.all(threads.map(thread => thread.ask({ do: 'ready' })))
    const found = await Promise.all(threads.map(thread => thread.ask({ do: 'open', file })))
    expect(found).toEqual([0, 0, 0, 0].map(() => ({ done: 0 })))
    expect(pragma(file, 'user_version')).toBe(MIGRATIONS.length)
    for (const thread of threads) thread.stop()
  }
}, 30_000)
