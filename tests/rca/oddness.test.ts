import { expect, test } from 'bun:test'
import { keepReport } from '../../src/core/rca/keep-report.ts'
import { toMarkdown } from '../../src/core/rca/markdown.ts'
import { withOddness } from '../../src/core/rca/oddness.ts'
import type { CitedLine } from '../../src/core/rca/types.ts'
import type { Anomaly, ExplainedLine } from '../../src/core/types.ts'
import { madeAnomaly } from '../db/made.ts'

const AT = Date.UTC(2026, 0, 5, 8)

const explained = (line: number, text: string, more: Partial<ExplainedLine> = {}) => ({
  ...{ line, at: AT + line, text, template: text, templateId: 1, surprise: 7.25, entropy: 0.125 },
  ...{ expected: [{ templateId: 2, template: 'all is well', p: 0.9 }], odd: true },
  ...more,
})

const anomaly = (lines: ExplainedLine[], more: Partial<Anomaly> = {}): Anomaly =>
  madeAnomaly(1, 1, { source: 'app', lines, ...more })

const cited = (id: string, text: string, at = AT): CitedLine => ({
  ...{ id, at, service: 'pay', template: text, text, count: 1 },
})

const oddsOf = (line: CitedLine, ...anomalies: Anomaly[]) => {
  const [{ surprise, entropy, expected } = line] = withOddness([line], anomalies)
  return [surprise, entropy, expected?.[0]?.template]
}
const NOTHING = [undefined, undefined, undefined]
const ODD = [7.25, 0.125, 'all is well']

test('a line has what detection says of it, where it is that very line', () => {
  const one = anomaly([explained(3, 'disk gone')])
  expect(oddsOf(cited('app:3', 'disk gone'), one)).toEqual(ODD)
  expect(oddsOf(cited('app:3~2', 'disk gone'), one)).toEqual(ODD)
  // Reports cut long lines.
  const long = anomaly([explained(3, 'disk gone for long')])
  expect(oddsOf(cited('app:3', 'disk gone …'), long)).toEqual(ODD)
  // Another line, another source, other numbers.
  expect(oddsOf(cited('app:4', 'disk gone'), one)).toEqual(NOTHING)
  expect(oddsOf(cited('app:3', 'disk full'), one)).toEqual(NOTHING)
  expect(oddsOf(cited('web:3', 'disk gone'), one)).toEqual(NOTHING)
  // Sessions across sources name the source of each line.
  const across = anomaly([explained(3, 'disk gone', { source: 'host:1' })])
  expect(oddsOf(cited('host:1:3', 'disk gone'), across)).toEqual(ODD)
  expect(oddsOf(cited('app:3', 'disk gone'), across)).toEqual(NOTHING)
})

test('where places are counted anew the time and the text tell, unless several lines share them', () => {
  const one = explained(900_003, 'disk gone', { at: AT })
  expect(oddsOf(cited('app:3', 'disk gone'), anomaly([one]))).toEqual(ODD)
  expect(oddsOf(cited('app:3', 'disk gone', AT + 1), anomaly([one]))).toEqual(NOTHING)
  const twin = explained(900_004, 'disk gone', { at: AT, surprise: 0.1 })
  expect(oddsOf(cited('app:3', 'disk gone'), anomaly([one, twin]))).toEqual(NOTHING)
  // The same line in two sessions is one line.
  expect(oddsOf(cited('app:3', 'disk gone'), anomaly([one]), anomaly([one]))).toEqual(ODD)
})

test('of several anomalies with the line the one counts in which it is oddest', () => {
  const usual = anomaly([explained(3, 'disk gone', { odd: false, surprise: 8, expected: [] })])
  const odd = anomaly([explained(3, 'disk gone')])
  expect(oddsOf(cited('app:3', 'disk gone'), usual, odd)).toEqual(ODD)
  expect(oddsOf(cited('app:3', 'disk gone'), usual)).toEqual([8, 0.125, undefined])
})

test('anomalies of earlier versions have no entropy, and what nobody predicted has no surprise', () => {
  const { entropy: _, ...old } = explained(3, 'disk gone')
  expect(oddsOf(cited('app:3', 'disk gone'), anomaly([old]))).toEqual([7.25, undefined, ODD[2]])
  expect(oddsOf(cited('app:3', 'disk gone'), anomaly([{ ...old, surprise: 0 }]))).toEqual(NOTHING)
})

test('a report says of its lines how odd they are, and what that means', () => {
  const { entropy: _, ...old } = explained(2, 'giving up')
  const report = keepReport({ why: 'no lines are kept' }, [
    anomaly([explained(1, 'disk gone'), old]),
  ])
  const markdown = toMarkdown(report)
  expect(markdown).toContain(
    '`disk gone` (surprise 7.3, entropy 0.1; expected: "all is well" (p 0.90))',
  )
  expect(markdown).toContain('`giving up` (surprise 7.3; expected')
  expect(markdown).toContain(
    'Surprise well above entropy: the line was not what the model expected',
  )
  const bare = { ...report, lines: report.lines.map(({ id, text }) => cited(id, text)) }
  expect(toMarkdown(bare)).not.toContain('urprise')
})
