import { expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { testFolder } from './folder.ts'
import { logbert } from './spawn.ts'

const { path: folder, put } = testFolder()

interface Record {
  line: number
  at: number
  source: string
  level: string | null
  template: string
  templateId: number
  parameters: string[]
}

const users = ['ann', 'bob', 'cy', 'dee', 'eve', 'flo', 'gus', 'hal']
const logins = Array.from({ length: 200 }, (_, i) => {
  const time = new Date(Date.UTC(2026, 0, 5, 8, 0, i)).toISOString()
  return `${time} INFO auth user ${users[i % 8]} logged in from 10.0.0.${i} after ${i * 3} ms`
})

test('parse prints a record for every line in input order', async () => {
  const file = put('auth.log', `${logins.join('\n')}\n`)
  const { code, records, err } = await logbert(['parse', file, '--json'])
  expect(code).toBe(0)
  expect(err).toContain('200 lines')
  const rows = records<Record>()
  expect(rows.map(row => row.line)).toEqual(logins.map((_, i) => i + 1))
  expect(Object.keys(rows[0]!)).toEqual([
    'line',
    'at',
    'source',
    'level',
    'template',
    'templateId',
    'parameters',
  ])
  expect(rows[7]).toMatchObject({
    source: 'auth.log',
    level: 'info',
    at: Date.UTC(2026, 0, 5, 8, 0, 7),
  })
  expect(rows[7]!.parameters).toContain('10.0.0.7')
  // The first line already carries the template that the last one has.
  expect(new Set(rows.map(row => row.template)).size).toBe(1)
})

test('gzip, Zstandard and standard input give the same templates as the plain file', async () => {
  const text = `${logins.join('\r\n')}\r\n`
  const plain = (await logbert(['parse', put('p.log', text), '--json', '--source', 's'])).out
  for (const data of [Bun.gzipSync(Buffer.from(text)), Bun.zstdCompressSync(Buffer.from(text))]) {
    const packed = new Uint8Array(data)
    const file = await logbert(['parse', put('p.packed', packed), '--json', '--source', 's'])
    expect(file.out).toBe(plain)
    const piped = await logbert(['parse', '-', '--json', '--source', 's'], { input: packed })
    expect(piped.out).toBe(plain)
  }
})

test('blank lines have records, and each file counts from 1', async () => {
  const [one, two] = [put('one.log', 'start 1\n\n\nstop 2'), put('two.log', '\nstart 3\n')]
  const rows = (await logbert(['parse', one, two, '--json'])).records<Record>()
  expect(rows.map(row => `${row.source}:${row.line} ${row.template}`.trim())).toEqual([
    'one.log:1 start <*>',
    'one.log:2',
    'one.log:3',
    'one.log:4 stop <*>',
    'two.log:1',
    'two.log:2 start <*>',
  ])
})

test('--templates writes the store', async () => {
  const target = join(folder, 'store', 'templates.json')
  await logbert(['parse', '-', '--templates', target], { input: 'job 1 done\njob 2 done\n' })
  const store = JSON.parse(readFileSync(target, 'utf8'))
  expect(store.templates.templates).toEqual([[0, 'job <*> done']])
})

test('an empty file is no fault', async () => {
  const { code, out, err } = await logbert(['parse', put('empty.log', ''), '--json'])
  expect({ code, out }).toEqual({ code: 0, out: '' })
  expect(err).toContain('there are no lines')
})

test('invalid UTF-8, NULs and lines of 10 MB come through with a note each', async () => {
  const data = Buffer.concat([
    Buffer.from('caf'),
    Uint8Array.of(0xe9),
    Buffer.from(` open\nzero \0 byte\n${'y'.repeat(10 << 20)}\nlast`),
  ])
  const { code, records, err } = await logbert(['parse', put('odd.log', data), '--json'])
  expect(code).toBe(0)
  expect(records().length).toBe(4)
  expect(err).toContain('1 lines were longer than the limit')
  expect(err).toContain('1 lines hold bytes that are no UTF-8')
  expect(err).toContain('1 lines hold NUL')
})

test('what cannot be read is named, with what to do, and exit code 1', async () => {
  const cases: [string, RegExp][] = [
    [join(folder, 'nowhere.log'), /nowhere\.log failed: it does not exist; check the path/],
    [folder, /is a directory; name the files in it/],
    [
      put(
        'noise.bin',
        new Uint8Array(5000).map((_, i) => (i * 131 + (i >> 4)) & 255),
      ),
      /is no text/,
    ],
  ]
  for (const [path, message] of cases) {
    const { code, out, err } = await logbert(['parse', path, '--json'])
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(message)
  }
})

test('a gzip that is cut off gives the lines before the cut and exit code 1', async () => {
  const text = Array.from({ length: 20_000 }, (_, i) => `took ${(i * 7919) % 10_007} ms\n`).join('')
  const whole = Bun.gzipSync(Buffer.from(text))
  const file = put('cut.log.gz', whole.subarray(0, whole.length >> 1))
  const { code, records, err } = await logbert(['parse', file, '--json'])
  expect(code).toBe(1)
  expect(records<Record>()[0]!.template).toBe('took <*> ms')
  expect(err).toMatch(/cut\.log\.gz failed: its gzip data is damaged or cut off after \d+ bytes/)
})

test('wrong usage has exit code 2 and says where help is', async () => {
  const cases: [string[], RegExp][] = [
    [['parse'], /needs at least one FILE/],
    [['parse', 'x', '--bogus'], /--help lists the options/],
    [['parse', 'x', '--max-line', '3'], /--max-line is "3"; give a whole number from 64/],
    [['dance'], /no command 'dance'/],
    [['models', 'dance'], /use list, inspect, verify, promote/],
  ]
  for (const [args, message] of cases) {
    const { code, out, err } = await logbert(args)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(message)
  }
})

test('help goes to stdout and lists every command', async () => {
  const { code, out } = await logbert(['help'])
  expect(code).toBe(0)
  for (const name of ['parse', 'models']) {
    expect(out).toContain(`  ${name} `)
    expect((await logbert([name, '--help'])).out).toContain('Exit codes:')
  }
})

test('a pipe named as a file is read once and gives every line', async () => {
  const file = put('pipe.log', `${logins.join('\n')}\n`)
  const command = `"${process.execPath}" src/cli.ts parse <(cat "${file}") --json`
  const child = Bun.spawn(['bash', '-c', command], { stderr: 'ignore' })
  const rows = (await new Response(child.stdout).text()).trim().split('\n')
  expect(rows.length).toBe(logins.length)
})

test('a reader that leaves early ends the command without noise', async () => {
  const text = `${logins.join('\n')}\n`.repeat(200)
  const file = put('long.log', text)
  const command = `"${process.execPath}" src/cli.ts parse "${file}" --json 2>err.txt | head -1`
  const child = Bun.spawn(['sh', '-c', command.replace('err.txt', join(folder, 'err.txt'))])
  expect((await new Response(child.stdout).text()).split('\n').length).toBe(2)
  await child.exited
  expect(existsSync(join(folder, 'err.txt'))).toBe(true)
  expect(readFileSync(join(folder, 'err.txt'), 'utf8')).not.toContain('EPIPE')
})
