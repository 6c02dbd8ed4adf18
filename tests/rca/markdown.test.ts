import { expect, test } from 'bun:test'
import { citedIds, withLines } from '../../src/core/rca/cited-lines.ts'
import { keepReport } from '../../src/core/rca/keep-report.ts'
import { toMarkdown } from '../../src/core/rca/markdown.ts'
import { analyse } from '../../src/core/rca/rca.ts'
import { reportOfAnomalies } from '../../src/core/rca/report-of-anomalies.ts'
import type { KeptReport } from '../../src/core/rca/types.ts'
import { learnLines } from '../bench/rca-readings.ts'
import { madeAnomaly, saying } from '../db/made.ts'
import { faultySystem } from './faulty-system.ts'

/** Whatever says something of the logs: not headings, and not what is said of the report itself. */
const sentencesOf = (markdown: string): string[] =>
  markdown
    .slice(0, markdown.indexOf('## Lines'))
    .split('\n')
    .filter(
      line => line.trim() !== '' && !/^#|^Confidence |^Looked at |^In the words of /.test(line),
    )

/** Sentences that name no line, and ids that are named but not there. */
const faultsIn = (report: KeptReport): string[] => {
  const known = new Set(report.lines.map(({ id }) => id))
  return sentencesOf(toMarkdown(report)).flatMap(sentence => {
    const ids = [...sentence.matchAll(/`([^`]+)`/g)].map(([, id]) => id!)
    // The score stands above the sentence that gives its reasons.
    if (/^\d+\. \*\*/.test(sentence)) return []
    if (ids.length === 0) return [`no line: ${sentence}`]
    return ids.filter(id => !known.has(id)).map(id => `${id} is not there: ${sentence}`)
  })
}

test('each sentence of a report on real lines names lines that are in it', () => {
  const { normal, faulty, from, service } = faultySystem()
  const { model, read } = learnLines(normal)
  const events = read(faulty)
  const report = analyse(model, events, { start: from })
  expect(report.suspects[0]?.name).toBe(service)
  const kept = keepReport({ report: withLines(report, events) }, [])
  expect(kept.lines.map(({ id }) => id).sort()).toEqual(citedIds(kept).sort())
  expect(sentencesOf(toMarkdown(kept)).length).toBeGreaterThan(10)
  expect(faultsIn(kept)).toEqual([])
  const told = {
    ...{ text: 'It broke.', sentences: [{ text: 'It broke.', evidence: [kept.lines[0]!.id] }] },
    ...{ suspects: [], removed: 0, latencyMs: 1, model: 'm', cut: [], fromCache: false },
    tokens: { prompt: 1, completion: 1, estimated: false },
  }
  expect(faultsIn({ ...kept, narrative: told })).toEqual([])
}, 30_000)

test('a report on anomalies alone has the same form, and says what it is', () => {
  const anomalies = [3, 1, 2].map(i => madeAnomaly(i, 3))
  anomalies[0]!.missing = [{ templateId: 1, template: 'bye', expected: 2, got: 0 }]
  const report = keepReport({ why: 'no lines are kept' }, anomalies)
  expect(report).toMatchObject({ found: true, basis: 'anomalies', start: madeAnomaly(1).at })
  expect(report.cut.notes).toEqual(['Told from the anomalies alone: no lines are kept'])
  expect(report.missing).toEqual([
    { service: 'node-3', template: 'bye', expected: 2, got: 0, evidence: ['node-3:2'] },
  ])
  expect(report.suspects.map(({ name, score }) => [name, score])).toEqual([
    ...[1, 2, 3].map(i => [`node-${i}`, 0.333]),
  ])
  expect(report.lines.map(({ id }) => id).sort()).toEqual(citedIds(report).sort())
  expect(faultsIn(report)).toEqual([])
  expect(keepReport({ why: 'x' }, [])).toMatchObject({ found: false, suspects: [], timeline: [] })
})

test('lines that accuse nobody leave the anomalies as they are, and name nobody', () => {
  const report = {
    ...{
      found: false,
      summary: 'No root cause was found.',
      confidence: 0,
      suspects: [],
      lines: [],
    },
    ...{ timeline: [], missing: [], cut: { lines: 9, left: 0, notes: [] } },
    impact: { lines: 9, services: [], traces: 0, affected: 0 },
  }
  const kept = keepReport({ report }, [madeAnomaly(1, 3)])
  expect(kept).toMatchObject({ found: false, basis: 'lines', suspects: [], confidence: 0 })
  expect(kept.summary).toMatch(/^No root cause was found\. The anomalies stand/)
  expect(kept.firstDeviation).toMatchObject({ line: 'node-1:2', service: 'node-1' })
  expect(kept.cut.lines).toBe(9)
  expect(faultsIn(kept)).toEqual([])
  expect(keepReport({ report }, []).firstDeviation).toBe(undefined)
})

test('where two inputs count alike their lines are kept apart', () => {
  const [a, b] = ['first', 'second'].map((text, i) => saying(i, text, { source: 'app' }))
  const { lines, timeline } = reportOfAnomalies([a!, b!])
  expect(lines.map(({ id, text }) => [id, text])).toEqual([
    ['app:0', 'first'],
    ['app:0~2', 'second'],
  ])
  expect(timeline.map(({ evidence }) => evidence)).toEqual([['app:0'], ['app:0~2']])
})

test('however many anomalies there are and however long their lines, the report stays small', () => {
  const anomalies = Array.from({ length: 1001 }, (_, i) => saying(i, `gone ${'x y '.repeat(9e3)}`))
  const report = keepReport({ why: 'no lines are kept' }, anomalies)
  expect(JSON.stringify(report).length).toBeLessThan(400_000)
  expect(report.cut.notes.at(-1)).toContain('the first 30 of 1001 anomalies')
})

test('log text formats nothing, links nothing and steers no terminal', () => {
  const evil = '# <img src=x> **bold** [a](http://b) `code` \u001b[31mred\nnext'
  const anomaly = saying(1, evil, { source: 'a`b', session: '[x](y)' })
  anomaly.lines[0]!.template = evil
  const markdown = toMarkdown(keepReport({ why: 'no lines are kept' }, [anomaly]))
  const outside = markdown.replace(/(`+)(?!`).*?[^`]\1(?!`)/g, '')
  expect(outside).not.toMatch(/(?<!\\)(?:<img|\*\*bold)|\]\(/)
  expect(markdown).not.toContain('\u001b')
  expect(markdown).toContain(
    '`` # <img src=x> **bold** [a](http://b) `code` red next ``'.slice(3, -3),
  )
})
