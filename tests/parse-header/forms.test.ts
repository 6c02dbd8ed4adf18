import { expect, test } from 'bun:test'
import { learnHeader } from '../../src/core/parse/header.ts'
import { formOf } from '../../src/core/parse/header-forms.ts'
import { createHeaderFields, createHeaderReader } from '../../src/core/parse/header-reader.ts'

const hex = (n: number): string => (n * 2_654_435_761).toString(16).padStart(12, '0').slice(-12)
const clock = (n: number, mark: string): string =>
  `2026-03-04 05:06:${String(n % 60).padStart(2, '0')}${mark}${String(100 + (n % 900))}`

const read = (lines: readonly string[]) => {
  const reader = createHeaderReader(learnHeader(lines))
  return lines.map(line => {
    const out = createHeaderFields()
    const start = reader.read(line, 0, out)
    const { dated, level, component, thread, fields } = out
    return { dated, level, component, thread, fields, message: line.slice(start) }
  })
}

test('a column that some of the lines lack does not hide who wrote them', () => {
  const said = ['opened the door', 'counted 12 sheep', 'is alive']
  const lines = Array.from({ length: 300 }, (_, n) => {
    const id = n % 6 === 0 ? '' : ` [rid=${hex(n)}]`
    const level = n % 9 === 0 ? 'DEBUG' : 'INFO '
    return `${clock(n, ',')} ${level} [gate-${n % 3}]${id} o.f.Gate - ${said[n % 3]}`
  })
  read(lines).forEach((line, n) => {
    expect(line).toMatchObject({ dated: true, component: 'o.f.Gate', thread: `gate-${n % 3}` })
    expect(line.message).toBe(said[n % 3]!)
    expect(line.fields?.context).toBe(n % 6 === 0 ? undefined : `rid=${hex(n)}`)
  })
})

test('several programs that write one file are each read as they write', () => {
  const forms = [
    (n: number) => `${clock(n, ',')} INFO [mill-${n % 2}] [rid=${hex(n)}] o.f.Mill - grinds ${n}`,
    (n: number) => `${clock(n, '.')} barn-${n % 2} WARN grain is short, ${n} sacks`,
    (n: number) => `[2026-03-04T05:06:07.${100 + (n % 900)}Z] I dairy-${n % 2}: milk ${n} came`,
  ]
  const lines = Array.from({ length: 600 }, (_, n) => forms[n % 3]!(n))
  const all = read(lines)
  all.forEach((line, n) => {
    expect(line.dated).toBe(true)
    if (n % 3 === 0) expect(line).toMatchObject({ thread: `mill-${n % 2}`, component: 'o.f.Mill' })
    if (n % 3 === 1)
      expect(line).toMatchObject({ level: 'warn', fields: { column: `barn-${n % 2}` } })
    if (n % 3 === 2) expect(line).toMatchObject({ level: 'info', component: `dairy-${n % 2}` })
    expect(line.message).toBe(
      [`grinds ${n}`, `grain is short, ${n} sacks`, `milk ${n} came`][n % 3]!,
    )
  })
})

test('messages that begin with a name are no columns', () => {
  const first = ['gate-keeper', 'user', 'door-bell']
  const lines = Array.from(
    { length: 300 },
    (_, n) => `${clock(n, ',')} INFO ${first[n % 3]} rang ${n} times`,
  )
  for (const { component, message } of read(lines)) {
    expect(component).toBeUndefined()
    expect(message).toMatch(/^(gate-keeper|user|door-bell) rang/)
  }
})

test.each([
  ['2026-01-02 03:04:05,678 INFO [main] [req=1] a.b.C - hello', 'T T L [ [= N M'],
  ['2026-01-02 03:04:05,678 INFO [main] a.b.C - hello', 'T T L [ N M'],
  ['[2026-01-02T03:04:05Z] I cart-1: hello', '[T l N:'],
  ['2026-01-02 03:04:05.678 cart-1 DEBUG hello - you', 'T T N L'],
  ['INFO gate-keeper rang', 'L'],
  ['no header at all', ''],
])('%s begins as %s', (line, form) => {
  expect(formOf(line)).toBe(form)
})
