import { expect, test } from 'bun:test'
import { analyse, learnRca } from '../../src/core/rca/rca.ts'
import type { RcaEvent } from '../../src/core/rca/types.ts'

type Step = [ms: number, service: string, template: string, level?: string]

/** A request a second, with the steps that it takes. */
const requests = (count: number, steps: (request: number) => Step[]): RcaEvent[] =>
  Array.from({ length: count }, (_, request) =>
    steps(request).map(([ms, service, template, level = 'info'], step) => ({
      ...{ at: request * 5000 + ms, service, level, template, text: template },
      ...{ trace: `t${request}`, id: `${request}.${step}` },
    })),
  ).flat()

const USUAL: Step[] = [
  [0, 'front', 'asked'],
  [4, 'stock', 'looked up'],
  [8, 'front', 'answered'],
]
const whyOf = (normal: RcaEvent[], faulty: RcaEvent[]): string =>
  analyse(learnRca(normal), faulty, { start: 500_000 })
    .suspects.map(({ why }) => why)
    .join('; ')

test('of lines that normal time never has in a row no usual time is told', () => {
  const normal = requests(300, n => (n % 4 > 0 ? USUAL : [...USUAL, [9, 'front', 'odd', 'warn']]))
  const faulty = requests(200, n =>
    n < 100 ? USUAL : [USUAL[0]!, [1504, 'front', 'no answer', 'error']],
  )
  const why = whyOf(normal, faulty)
  expect(why).toContain('1504 ms passed within front (from "asked" to "no answer")')
  expect(why).toContain('normal time never has these two in a row')
  expect(why).not.toContain('usually 1.')
})

test('a call is told of only where one service calls the other', () => {
  const late = (steps: Step[]) => requests(200, n => (n < 100 ? USUAL : steps))
  const called = late([USUAL[0]!, [904, 'stock', 'looked up'], [908, 'front', 'answered']])
  expect(
    whyOf(
      requests(300, () => USUAL),
      called,
    ),
  ).toContain('between front and its call of stock')
  // Two that take part in the same requests, either one first.
  const either = (n: number): Step[] => {
    const [a, b] = n % 2 > 0 ? ['mail', 'bill'] : ['bill', 'mail']
    return [...USUAL, [10, a!, `${a} sent`], [13, b!, `${b} sent`]]
  }
  const apart = requests(200, n =>
    either(n).map(([ms, ...rest], i) => [n >= 100 && i === 4 ? 900 : ms, ...rest] as Step),
  )
  const why = whyOf(requests(300, either), apart)
  expect(why).toMatch(/ms passed between \w+ and the first line of (mail|bill)/)
  expect(why).not.toMatch(/its call of (mail|bill)/)
})

test('what was never learned is not missed', () => {
  const extra = (n: number): Step[] => [...USUAL, [20, 'front', `once ${n}`]]
  const normal = requests(300, n => (n % 2 > 0 ? extra(n) : USUAL))
  const faulty = requests(200, n =>
    n === 3
      ? [...USUAL, [20, 'front', 'seen before it began']]
      : n < 100
        ? USUAL
        : [[0, 'front', 'asked']],
  )
  const why = whyOf(normal, faulty)
  expect(why).toContain('"looked up"')
  expect(why).not.toContain('never seen before')
})
