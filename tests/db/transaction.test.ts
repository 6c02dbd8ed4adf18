import { expect, test } from 'bun:test'
import type { Database } from '../../src/db/database.ts'
import { databases, errorOf } from './folder.ts'
import { madeAnomaly, madeIncident, START } from './made.ts'

const { open, path } = databases()

const fill = (db: Database, from: number, to: number): void => {
  for (let i = from; i < to; i++) db.anomalies.add(madeAnomaly(i, 10), { stored: START + i })
}

test('an error undoes all of a transaction, also what an inner one had ended', () => {
  const db = open()
  const error = errorOf(() =>
    db.transaction(() => {
      db.incidents.put(madeIncident(1))
      db.transaction(() => db.anomalies.add(madeAnomaly(1), { stored: 1 }))
      throw new Error('after all')
    }),
  )
  expect(error.message).toBe('after all')
  expect([db.anomalies.count({}), db.incidents.get('incident-1')]).toEqual([0, undefined])
  expect(db.transaction(() => db.anomalies.add(madeAnomaly(1), { stored: 1 }))).toBe(true)
})

test('an inner transaction that fails undoes itself where the outer one goes on', () => {
  const db = open()
  db.transaction(() => {
    db.anomalies.add(madeAnomaly(1), { stored: 1 })
    errorOf(() =>
      db.transaction(() => {
        db.anomalies.add(madeAnomaly(2), { stored: 1 })
        throw new Error('no')
      }),
    )
    db.anomalies.add(madeAnomaly(3), { stored: 1 })
  })
  expect(db.anomalies.list({}).items.map(({ at }) => at)).toEqual([START + 3000, START + 1000])
})

test('a promise does not make a transaction longer', () => {
  const db = open()
  const run = () =>
    db.transaction(async () => {
      db.anomalies.add(madeAnomaly(1), { stored: 1 })
    })
  expect(errorOf(run).message).toContain('promise')
  expect(db.anomalies.count({})).toBe(0)
})

test('a full disk is told, leaves nothing half-written, and room brings all back to work', () => {
  const file = path()
  const db = open(file, { maxBytes: 2 << 20 })
  let stored = 0
  const { code, message } = errorOf(() => {
    for (;;) {
      db.transaction(() => fill(db, stored, stored + 50))
      stored += 50
    }
  })
  expect(stored).toBeGreaterThan(100)
  expect(code).toBe('LIMIT')
  expect(message).toContain(`${file} failed: the disk is full`)
  expect(db.anomalies.count({})).toBe(stored)
  expect([...db.anomalies.each({})].flat().length).toBe(stored)
  const state = new Uint8Array(1 << 20)
  const checkpoint = { next: {}, model: { name: 'a', version: 'b' }, created: 1, state }
  expect(errorOf(() => db.pipeline.saveCheckpoint(checkpoint))).toMatchObject({ code: 'LIMIT' })
  expect(db.pipeline.checkpoint()).toBeUndefined()

  const rules = { now: START, maxAgeMs: 1e12, maxEvents: 10, maxAnomalies: 20 }
  while (Object.keys(db.retain(rules)).length > 0) {}
  expect(db.transaction(() => fill(db, stored, stored + 50))).toBeUndefined()
  expect(db.anomalies.count({})).toBe(70)
})

test('whoever goes on after the full disk undid the whole is stopped', () => {
  const db = open(path(), { maxBytes: 1 << 20 })
  const outcome = errorOf(() =>
    db.transaction(() => {
      db.incidents.put(madeIncident(1))
      errorOf(() => db.transaction(() => fill(db, 0, 5000)))
      db.incidents.put(madeIncident(2))
    }),
  )
  expect(outcome).toMatchObject({ code: 'LIMIT' })
  expect([db.incidents.list({}).items, db.anomalies.count({})]).toEqual([[], 0])
})
