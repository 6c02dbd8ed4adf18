import { expect, test } from 'bun:test'
import type { AnomalyQuery } from '../../src/db/database.ts'
import { databases } from './folder.ts'
import { madeAnomaly, START, saying } from './made.ts'

const { open } = databases()

/** A table of so many made anomalies; every tenth is of incident `i1`. */
const filled = (count: number) => {
  const db = open()
  const all = Array.from({ length: count }, (_, i) =>
    madeAnomaly(i, 2, i % 10 === 0 ? { incident: 'i1' } : {}),
  )
  db.transaction(() => {
    for (const [i, anomaly] of all.entries()) db.anomalies.add(anomaly, { stored: START + i })
  })
  return { db, all: all.toReversed() }
}

test('an anomaly that is there already is not changed', () => {
  const { anomalies } = open()
  expect(anomalies.add(madeAnomaly(1), { stored: 1 })).toBe(true)
  anomalies.setState(madeAnomaly(1).id, 'real')
  expect(anomalies.add(madeAnomaly(1, 5), { stored: 2, suppressedBy: 's' })).toBe(false)
  expect(anomalies.get(madeAnomaly(1).id)).toEqual({ ...madeAnomaly(1), state: 'real', stored: 1 })
  expect(anomalies.count({})).toBe(1)
})

test('every filter finds what a plain search finds, and counts it', () => {
  const { db, all } = filled(200)
  const real = new Set(all.filter((_, i) => i % 7 === 0).map(({ id }) => id))
  for (const id of real) db.anomalies.setState(id, 'real')
  const from = START + 50_000
  const to = START + 150_000
  const cases: [AnomalyQuery, (anomaly: (typeof all)[number]) => boolean][] = [
    [{}, () => true],
    [{ from, to }, ({ at }) => at >= from && at < to],
    [{ source: 'node-7' }, ({ source }) => source === 'node-7'],
    [{ kinds: ['count', 'rate'] }, ({ kind }) => kind === 'count' || kind === 'rate'],
    [{ kinds: [] }, () => false],
    [{ minScore: 0.5 }, ({ score }) => score >= 0.5],
    [{ states: ['real'] }, ({ id }) => real.has(id)],
    [{ states: ['open', 'real'] }, () => true],
    [{ incident: 'i1' }, ({ incident }) => incident === 'i1'],
    [{ session: `blk_${42 * 7919}` }, ({ session }) => session === `blk_${42 * 7919}`],
    [{ text: 'DEST: NODE-4' }, ({ lines }) => lines[1]!.text.endsWith('node-4')],
    [
      { incident: 'i1', source: 'node-10', from, minScore: 0.3, states: ['open'], text: 'block' },
      a =>
        a.incident === 'i1' &&
        a.source === 'node-10' &&
        a.at >= from &&
        a.score >= 0.3 &&
        !real.has(a.id),
    ],
  ]
  for (const [query, holds] of cases) {
    const wanted = all.filter(holds).map(({ id }) => id)
    const found = db.anomalies.list({ ...query, limit: 1000 })
    expect({ query, ids: found.items.map(({ id }) => id) }).toEqual({ query, ids: wanted })
    expect(db.anomalies.count(query)).toBe(wanted.length)
  }
})

test('text is found as it stands, in any case, whatever signs are in it', () => {
  const { anomalies } = open()
  anomalies.add(saying(1, 'Übertragung 100% fehlgeschlagen: C:\\tmp_1'), { stored: 1 })
  anomalies.add(saying(2, 'a\0nul and \ud83d\ude00 faces'), { stored: 1 })
  anomalies.add(
    saying(3, 'plain', {
      missing: [{ templateId: 1, template: 'Closing <*> now', expected: 1, got: 0 }],
    }),
    { stored: 1 },
  )
  const found = (text: string) =>
    anomalies.list({ text }).items.map(({ at }) => (at - START) / 1000)
  expect(found('üBERTRAGUNG 100%')).toEqual([1])
  expect(found('100_')).toEqual([])
  expect(found('c:\\TMP_1')).toEqual([1])
  expect(found('A\0NUL')).toEqual([2])
  expect(found('😀')).toEqual([2])
  expect(found('closing <*>')).toEqual([3])
  expect(found(`blk_${2 * 7919}`)).toEqual([2])
  expect(found('')).toEqual([3, 2, 1])
})

test('only odd lines are searched where there are some, and never across two of them', () => {
  const { anomalies } = open()
  const [quiet, odd] = madeAnomaly(1, 2).lines
  const lines = [
    { ...quiet!, text: 'heartbeat' },
    { ...odd!, text: 'disk gone' },
  ]
  anomalies.add(madeAnomaly(1, 2, { lines }), { stored: 1 })
  anomalies.add(madeAnomaly(2, 2, { lines: lines.map(line => ({ ...line, odd: false })) }), {
    stored: 1,
  })
  expect(anomalies.count({ text: 'heartbeat' })).toBe(1)
  expect(anomalies.count({ text: 'disk gone' })).toBe(2)
  expect(anomalies.count({ text: `disk gone${odd!.template}`.toLowerCase() })).toBe(0)
})

test('each gives all in batches, and those whose text was too long to be kept whole', () => {
  const { db } = filled(25)
  db.anomalies.add(saying(30, `${'x'.repeat(2000)} needle`), { stored: 1 })
  db.anomalies.add(saying(31, 'a needle'), { stored: 1 })
  const sizes = [...db.anomalies.each({ states: ['open'] }, 10)].map(batch => batch.length)
  expect(sizes).toEqual([10, 10, 7])
  expect(db.anomalies.count({ text: 'needle' })).toBe(1)
  const maybe = [...db.anomalies.each({ text: 'needle' })].flat().map(({ at }) => at)
  expect(maybe).toEqual([START + 31_000, START + 30_000])
})

test('what a suppression hides can be hidden while it is listed, and opened again', () => {
  const { db } = filled(100)
  db.anomalies.setState(madeAnomaly(7).id, 'suppressed', 'other')
  for (const batch of db.anomalies.each({ states: ['open'], source: 'node-7' }, 2)) {
    for (const { id } of batch) db.anomalies.setState(id, 'suppressed', 's1')
  }
  expect(db.anomalies.count({ states: ['suppressed'] })).toBe(5)
  expect(db.anomalies.get(madeAnomaly(27).id)).toMatchObject({ suppressedBy: 's1' })
  expect(db.anomalies.reopenSuppressed('s1', 3)).toBe(3)
  expect(db.anomalies.reopenSuppressed('s1')).toBe(1)
  expect(db.anomalies.reopenSuppressed('s1')).toBe(0)
  expect(db.anomalies.count({ states: ['suppressed'] })).toBe(1)
  expect(db.anomalies.get(madeAnomaly(27).id)!.suppressedBy).toBeUndefined()
})

test('an anomaly goes into an incident after it was stored', () => {
  const { anomalies } = open()
  anomalies.add(madeAnomaly(1), { stored: 1 })
  anomalies.setIncident(madeAnomaly(1).id, 'i9')
  expect(anomalies.list({ incident: 'i9' }).items.map(({ incident }) => incident)).toEqual(['i9'])
})
