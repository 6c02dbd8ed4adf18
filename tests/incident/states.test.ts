import { describe, expect, test } from 'bun:test'
import { changeState } from '../../src/core/incident/change-state.ts'
import { createGrouper } from '../../src/core/incident/grouper.ts'
import { type Incident, shownIncident } from '../../src/core/incident/incident.ts'
import { anomaly, groupAll, HOUR, MINUTE, SECOND, START } from './made.ts'

const POOL = { odd: ['pool exhausted'] }

/** A grouper with one incident of `size`, in a state that a person gave it at the end. */
const withIncident = (size: number, state?: 'acknowledged' | 'resolved') => {
  const grouper = createGrouper()
  let incident: Incident | undefined
  for (let i = 0; i < size; i++) {
    const at = START + i * SECOND
    incident = grouper.add(anomaly(at, 'cart', POOL), at).incident
  }
  const end = START + size * SECOND
  if (state !== undefined) {
    grouper.sync(changeState(incident!, state, { now: end, note: 'looked at it' }))
  }
  const add = (after: number, source = 'cart', more: Parameters<typeof anomaly>[2] = POOL) =>
    grouper.add(anomaly(end + after, source, more), end + after)
  return { grouper, id: incident!.id, end, add }
}

describe('a resolved incident', () => {
  test('opens again when its signs come back within a day, also elsewhere', () => {
    for (const source of ['cart', 'mail']) {
      const { add, id, end } = withIncident(3, 'resolved')
      const { incident, change } = add(20 * HOUR, source)
      expect(change).toBe('reopened')
      expect(incident).toMatchObject({ id, state: 'open', reopened: 1, changed: end + 20 * HOUR })
      expect(add(21 * HOUR, source)).toMatchObject({ change: 'grew', incident: { id } })
    }
  })

  test('stays resolved after that, and for other trouble in its source', () => {
    const { add, id } = withIncident(3, 'resolved')
    expect(add(3 * MINUTE, 'cart', { odd: ['disk full'] }).change).toBe('opened')
    expect(add(25 * HOUR)).toMatchObject({ change: 'opened' })
    expect(add(25 * HOUR).incident.id).not.toBe(id)
  })

  test('comes back as the same one even when it is days old, and then goes on', () => {
    const grouper = createGrouper()
    const add = (at: number, source = 'cart') => grouper.add(anomaly(at, source, POOL), at)
    grouper.add(anomaly(START - 3 * HOUR, 'mail'), START)
    const days = Array.from({ length: 60 }, (_, i) => add(START + i * 30 * MINUTE).incident)
    expect(new Set(days.map(({ id }) => id)).size).toBe(1)
    const end = START + 30 * HOUR
    grouper.sync(changeState(days[0]!, 'resolved', { now: end }))
    expect(add(end + 5 * HOUR)).toMatchObject({ change: 'reopened', incident: { id: days[0]!.id } })
    expect(add(end + 5.5 * HOUR)).toMatchObject({ change: 'grew', incident: { id: days[0]!.id } })
  })

  test('takes stragglers from before without opening again, for two minutes', () => {
    const { grouper, id, end } = withIncident(3, 'resolved')
    const before = () => anomaly(end - SECOND, 'cart', POOL)
    expect(grouper.add(before(), end + MINUTE)).toMatchObject({
      change: 'grew',
      incident: { id, state: 'resolved' },
    })
    expect(grouper.add(before(), end + 3 * MINUTE)).toMatchObject({ change: 'reopened' })
  })
})

describe('an incident that nobody resolved', () => {
  test('goes on when its signs come back within an hour, later there is a new one', () => {
    expect(withIncident(3).add(50 * MINUTE).change).toBe('grew')
    expect(withIncident(3).add(70 * MINUTE).change).toBe('opened')
  })

  test('stays acknowledged while it grows; that it got worse is news', () => {
    const { add, id } = withIncident(3, 'acknowledged')
    const changes = Array.from({ length: 2000 }, (_, i) => add(i * 100))
    expect(changes.at(-1)!.incident).toMatchObject({
      ...{ id, state: 'acknowledged', note: 'looked at it', anomalies: 2003 },
    })
    const told = changes.map(({ change }) => change).filter(change => change !== 'grew')
    expect(new Set(told)).toEqual(new Set(['worsened']))
    expect(told.length).toBeLessThanOrEqual(4)
  })
})

describe('severity', () => {
  const severity = (list: ReturnType<typeof anomaly>[]) => groupAll(list).incidents[0]!.severity
  const times = (count: number, apart: number, more = {}) =>
    Array.from({ length: count }, (_, i) =>
      anomaly(START + i * apart, 'cart', { ...POOL, ...more }),
    )

  test('rises with sessions, rate, rarity and sources', () => {
    expect(severity(times(1, 0))).toBe('low')
    expect(severity(times(5, 5 * MINUTE))).toBe('low')
    expect(severity(times(5, SECOND))).toBe('medium')
    expect(severity(times(5, 5 * MINUTE, { pValue: 1e-6 }))).toBe('medium')
    expect(severity(times(60, SECOND, { pValue: 1e-6 }))).toBe('high')
    const sources = ['cart', 'mail', 'search', 'stock', 'users']
    expect(severity(sources.map(source => anomaly(START, source, { ...POOL, pValue: 1e-6 })))).toBe(
      'high',
    )
  })

  test('counts the sessions that a regime withheld', () => {
    const regime = { alarms: 700, withheld: 640 }
    const [incident] = groupAll([anomaly(START, 'cart', { ...POOL, regime })]).incidents
    expect(incident).toMatchObject({ anomalies: 1, severity: 'medium' })
    expect(incident!.title).toContain('(641 sessions)')
  })
})

describe('what a person decides', () => {
  const [open] = groupAll([anomaly(START, 'cart')]).incidents
  const facts = { now: START + HOUR, note: 'restarted it' }

  test('open, acknowledged, resolved and open again', () => {
    const acknowledged = changeState(open!, 'acknowledged', facts)
    expect(acknowledged).toEqual({
      ...{ ...open!, state: 'acknowledged', changed: START + HOUR, note: 'restarted it' },
    })
    const resolved = changeState(acknowledged, 'resolved', { now: START + 2 * HOUR })
    expect(resolved).toMatchObject({ state: 'resolved', changed: START + 2 * HOUR })
    expect(resolved.note).toBeUndefined()
    expect(changeState(resolved, 'open', facts)).toMatchObject({ state: 'open', reopened: 0 })
    expect(changeState(open!, 'resolved', facts).state).toBe('resolved')
    expect(open).toMatchObject({ state: 'open' })
  })

  test('what is so already, or cannot be, is a conflict that says what is possible', () => {
    const resolved = changeState(open!, 'resolved', facts)
    const conflict = (change: () => unknown) => {
      try {
        change()
      } catch (error) {
        return error
      }
    }
    expect(conflict(() => changeState(resolved, 'resolved', facts))).toMatchObject({
      code: 'CONFLICT',
      message: `setting incident ${open!.id} to resolved failed: it is resolved already; from here it can become open`,
    })
    expect(conflict(() => changeState(resolved, 'acknowledged', facts))).toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('open it again first'),
    })
    expect(conflict(() => changeState(open!, 'open', facts))).toMatchObject({ code: 'CONFLICT' })
  })

  test('decisions on incidents that are let go change nothing', () => {
    const grouper = createGrouper()
    grouper.sync(changeState(open!, 'resolved', facts))
    expect(grouper.size).toBe(0)
  })

  test('what is published holds nothing that only grouping needs', () => {
    expect(open!.memory).toBeDefined()
    expect(shownIncident(open!)).not.toHaveProperty('memory')
    expect(shownIncident(open!).id).toBe(open!.id)
  })
})
