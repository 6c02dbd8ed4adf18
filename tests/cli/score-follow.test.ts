import { beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { createRandom } from '../../src/core/simulator/random.ts'
import type { Anomaly } from '../../src/core/types.ts'
import { testFolder } from './folder.ts'
import { cliPath, logbert } from './spawn.ts'

const { path: folder, put } = testFolder()
const models = join(folder, 'models')
const SLOW = 60_000

const random = createRandom(4)
const START = Date.UTC(2026, 0, 5, 8)
const STEPS = ['request accepted', 'user authorised', 'row read from store', 'request answered']
const line = (at: number, id: string, step: string): string =>
  `${new Date(at).toISOString()} INFO [${id}] ${step}\n`
const request = (at: number, steps = STEPS): string[] => {
  const id = random.text(16, '0123456789abcdef')
  return steps.map((step, i) => line(at + 100 * i, id, step))
}
const ODD = [...STEPS.slice(0, 2), 'disk quota exceeded, giving up']

const normal = (from: number, count: number): string =>
  Array.from({ length: count }, (_, i) => request(from + 250 * i))
    .flat()
    .sort()
    .join('')
const later = START + 3_600_000
const today = put(
  'today.log',
  `${normal(later, 40)}${request(later + 11_000, ODD).join('')}${normal(later + 12_000, 400)}`,
)

beforeAll(async () => {
  const file = put('app.log', normal(START, 2000))
  const args = ['train', file, '--models', models, '--name', 'app', '--epochs', '0']
  const { code, err } = await logbert(args)
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' })
}, SLOW)

const SCORE = ['score', '--models', models, '--model', 'app', '--json']

/** A pipe into `logbert score -` that stays open. */
const pipe = (...args: string[]) => {
  const child = Bun.spawn([process.execPath, cliPath, ...SCORE, '-', ...args], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const reader = child.stdout.getReader()
  const decoder = new TextDecoder()
  let text = ''
  return {
    child,
    write: async (lines: string) => {
      child.stdin.write(lines)
      await child.stdin.flush()
    },
    /** The next anomaly, while the pipe is open. */
    next: async (): Promise<Anomaly> => {
      for (;;) {
        const end = text.indexOf('\n')
        if (end >= 0) {
          const found = JSON.parse(text.slice(0, end)) as Anomaly
          text = text.slice(end + 1)
          return found
        }
        const { done, value } = await reader.read()
        if (done) throw new Error(`it ended: ${await new Response(child.stderr).text()}`)
        text += decoder.decode(value, { stream: true })
      }
    },
    end: async () => {
      await child.stdin.end()
      return { code: await child.exited, err: await new Response(child.stderr).text() }
    },
  }
}

const oddText = ({ lines }: Anomaly): string => lines.find(({ odd }) => odd)?.text ?? ''

test(
  'results appear while a pipe is open: by the times of later lines, and by the clock in silence',
  async () => {
    const { write, next, end, child } = pipe('--idle', '2s')
    await write(normal(START + 1_000_000, 40))
    // Lines of ten seconds later show that the odd request has ended.
    await write(request(START + 1_011_000, ODD).join('') + normal(START + 1_021_000, 10))
    expect(oddText(await next())).toContain('disk quota exceeded')
    await write(request(START + 1_024_000, ODD).join(''))
    const silent = performance.now()
    expect(oddText(await next())).toContain('disk quota exceeded')
    expect(performance.now() - silent).toBeGreaterThan(1000)
    expect(child.exitCode).toBe(null)
    // What is open at the end is judged, too.
    await write(request(START + 1_025_000, ODD).join(''))
    const ended = end()
    expect(oddText(await next())).toContain('disk quota exceeded')
    const { code, err } = await ended
    expect(code).toBe(0)
    expect(err).toContain('a session is complete after 2.0 s of silence (--idle)')
    expect(err).toContain('209 lines, 53 sessions, 3 anomalies')
  },
  SLOW,
)

test(
  'a whole log gives the same through a file, standard input, a pipe, and followed',
  async () => {
    const text = await Bun.file(today).text()
    const whole = await logbert([...SCORE, today, '--source', 'x'])
    expect(whole.records<Anomaly>().map(oddText)).toEqual([expect.stringContaining('disk quota')])
    const child = Bun.spawn([process.execPath, cliPath, ...SCORE, '-', '--source', 'x'], {
      stdin: Bun.file(today),
      stdout: 'pipe',
      stderr: 'pipe',
    })
    expect(await new Response(child.stdout).text()).toBe(whole.out)
    expect(await new Response(child.stderr).text()).not.toContain('of silence')
    for (const args of [['-', '--no-follow'], ['-'], [today, '--follow']]) {
      const other = await logbert([...SCORE, ...args, '--source', 'x'], { input: text })
      expect({ args, out: other.out }).toEqual({ args, out: whole.out })
    }
  },
  SLOW,
)

test('what cannot be followed is said so', async () => {
  const rows = put('rows.txt', '1 2 3\n1 2\n')
  const cases: [string[], string][] = [
    [[today, '--follow', '--no-follow'], 'contradict each other'],
    [[today, '--idle', '5s'], '--idle is for what is followed'],
    [[rows, '--follow', '--format', 'events'], 'sequences of events have no time'],
  ]
  for (const [args, message] of cases) {
    const { code, err } = await logbert([...SCORE, ...args])
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(message) })
  }
})
