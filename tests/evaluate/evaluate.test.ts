import { describe, expect, test } from 'bun:test'
import { BASELINES, editDistance } from '../../src/core/evaluate/baselines.ts'
import { corpusOfLines, corpusOfRows } from '../../src/core/evaluate/corpus.ts'
import { type LabelledSession, partition } from '../../src/core/evaluate/partition.ts'
import { resultOf, spreadOf } from '../../src/core/evaluate/result.ts'
import { testFolder } from '../cli/folder.ts'
import { logbert } from '../cli/spawn.ts'
import { madeSessions } from '../logbert/language.ts'

const session = (i: number, odd = false): LabelledSession => ({
  key: `s${i}`,
  odd,
  sequence: `${i}`,
  start: i,
  end: i + 1,
  line: i + 1,
})

describe('splits', () => {
  const sessions = Array.from({ length: 100 }, (_, i) => session(i, i % 10 === 9))

  test('by time: the normal ones that end early, then all that end later', () => {
    const { training, test: tried } = partition(sessions, { split: 'time', train: 0.4, seed: 1 })
    expect(Math.max(...[...training].map(key => Number(key.slice(1))))).toBeLessThan(40)
    expect([...training].some(key => key.endsWith('9'))).toBe(false)
    expect(Math.min(...[...tried].map(key => Number(key.slice(1))))).toBe(40)
    expect(training.size + tried.size).toBe(96)
  })

  test('at random: a share of the normal ones, by the seed', () => {
    const split = (seed: number) => partition(sessions, { split: 'random', train: 0.5, seed })
    expect(split(1).training.size).toBe(45)
    expect(split(1).test.size).toBe(55)
    expect(split(1)).toEqual(split(1))
    expect(split(1)).not.toEqual(split(2))
  })

  test('say what to do when nothing is left', () => {
    const odd = [session(1, true), session(2, true)]
    expect(() => partition(odd, { split: 'random', train: 0.5, seed: 1 })).toThrow('change --train')
  })
})

test('figures count sessions, and each distinct sequence once', () => {
  const tried = { sequence: 'a', odd: true, score: 2, anomalous: true }
  const { all, distinct } = resultOf([
    tried,
    tried,
    { sequence: 'b', odd: false, score: 1, anomalous: false },
    { sequence: 'c', odd: false, score: 3, anomalous: true },
  ])
  expect(all.precision).toBeCloseTo(2 / 3)
  expect(distinct.precision).toBeCloseTo(1 / 2)
  expect(all.recall).toBe(1)
  expect(all.auroc).toBe(0.5)
  expect(spreadOf([1, 3])).toEqual({ mean: 2, deviation: Math.SQRT2, worst: 1 })
})

test('edit distance is exact up to its bound', () => {
  expect(editDistance([1, 2, 3], [1, 3], 9)).toBe(1)
  expect(editDistance([1, 2, 3], [3, 2, 1], 9)).toBe(2)
  expect(editDistance([1, 2, 3, 4], [5, 6, 7, 8], 2)).toBe(3)
})

test('baselines know what they saw', () => {
  const training = { sequences: [[1, 2, 3]], weights: [9] }
  const alarms = Object.entries(BASELINES).map(([name, fit]) => {
    const judge = fit(training, 0.01)
    return [
      name,
      [
        [1, 2, 3],
        [3, 2, 1],
        [1, 2],
        [1, 2, 4],
      ].map(s => judge(s).anomalous),
    ]
  })
  expect(Object.fromEntries(alarms)).toEqual({
    'unseen event': [false, false, false, true],
    'unseen length': [false, false, true, false],
    'unseen counts': [false, false, true, true],
    'edit distance': [false, true, true, true],
  })
})

test('labels that name no session, and lines without a key, say what to do', () => {
  const rows = [{ key: 'a', line: 1, events: ['1'] }]
  expect(() => corpusOfRows(rows, new Map([['z', true]]), 'f')).toThrow('--session PATTERN')
  const lines = [{ text: 'hello', source: 's', arrived: 0 }]
  expect(() => corpusOfLines(lines, new Map([['z', true]]), 'auto')).toThrow('no session key')
})

test('the command prints the product, its voices and the baselines', async () => {
  const { put } = testFolder()
  const normal = madeSessions(600, 3).map((events, i) => `n${i},${events.join(' ')}`)
  const odd = madeSessions(30, 4).map((events, i) => `o${i},${events.slice(0, -1).join(' ')}`)
  const file = put('rows.txt', [...normal, ...odd].join('\n'))
  const labels = put(
    'labels.csv',
    `key,label\n${odd.map(row => `${row.split(',')[0]},1`).join('\n')}`,
  )
  const args = ['evaluate', file, '--labels', labels, '--split', 'random', '--seeds', '2']
  const table = await logbert([...args, '--epochs', '0'])
  expect(table.err).toContain('600 sessions have no label')
  expect(table.out).toMatch(/logbert edge +\d\.\d{4}/)
  expect(table.out).toMatch(/voice ngram/)
  expect(table.out).toMatch(/baseline edit distance/)
  const json = await logbert([...args, '--epochs', '0', '--json'])
  expect(json.records().at(-1)).toMatchObject({ type: 'done', runs: 2 })
  const { f1 } = json.records<{ f1: { mean: number } }>().at(-1)!
  expect(f1.mean).toBeGreaterThan(0.8)
  expect((await logbert(['evaluate', file])).code).toBe(2)
}, 60_000)
