import { expect, test } from 'bun:test'
import type { ReportFeedback } from '../../src/db/database.ts'
import { databases } from './folder.ts'
import { madeReport, START } from './made.ts'

const { open } = databases()
const about = (name: string) => ({ suspects: [{ name, kind: 'service', score: 2, parts: {} }] })

test('what a report is known by is kept for each incident once: of the latest report, in whatever order they come', () => {
  const { reports, retain } = open()
  reports.put(madeReport(1, { incident: 'a', created: START + 5, report: about('new') }))
  reports.put(madeReport(2, { incident: 'a', created: START, report: about('old') }))
  reports.put(madeReport(3, { incident: 'b', created: START + 9, report: about('other') }))
  const [alone] = [madeReport(4, { report: about('alone') })]
  delete alone!.incident
  reports.put(alone!)
  const known = reports.signatures(10)
  expect(known.map(each => [each.incident, each.report, each.signature.suspects])).toEqual([
    ['b', 'report-3', [['other', 1]]],
    ['a', 'report-1', [['new', 1]]],
  ])
  expect(reports.signatures(1)).toHaveLength(1)
  retain({ now: START + 8, maxAgeMs: 1, maxEvents: 10, maxAnomalies: 10 })
  expect(reports.signatures(10).map(each => each.incident)).toEqual(['b'])
})

test('a report of a form that is not known is stored all the same', () => {
  const { reports } = open()
  const odd = madeReport(1, {
    report: { signs: [{ template: 3 }], suspects: 'none', missing: [0] },
  })
  reports.put(odd)
  expect(reports.get(odd.id)).toEqual(odd)
  expect(reports.signatures(10)).toEqual([])
})

test('of what is said of reports the last word counts, and is there as long as the report', () => {
  const { reports, reportFeedback, retain } = open()
  const say = (more: Partial<ReportFeedback>): ReportFeedback => {
    const said = { report: 'report-1', incident: 'a', helpful: true, created: START, ...more }
    reportFeedback.put(said)
    return said
  }
  say({ note: 'at first' })
  const last = say({
    helpful: false,
    trueCause: { kind: 'service', name: 'db' },
    created: START + 1,
  })
  const other = say({ report: 'report-2', trueCause: 'a cable', created: START + 2 })
  expect(reportFeedback.get('report-1')).toEqual(last)
  expect(reportFeedback.get('report-3')).toBeUndefined()
  expect(reportFeedback.ofIncident('a')).toEqual(other)
  expect(reportFeedback.ofIncident('b')).toBeUndefined()
  reports.put(madeReport(1, { created: START + 50 }))
  retain({ now: START + 40, maxAgeMs: 10, maxEvents: 10, maxAnomalies: 10 })
  expect(reportFeedback.get('report-1')).toEqual(last)
  expect(reportFeedback.get('report-2')).toBeUndefined()
})
