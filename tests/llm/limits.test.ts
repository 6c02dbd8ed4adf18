import { expect, test } from 'bun:test'
import { parseConfig } from '../../src/config.ts'
import { createRandom } from '../../src/core/simulator/random.ts'
import { createBreaker } from '../../src/llm/breaker.ts'
import { createHourBudget } from '../../src/llm/hour-budget.ts'
import { readRetryAfter } from '../../src/llm/retry.ts'
import { createSentenceReader } from '../../src/llm/sentence-reader.ts'

test('a breaker lets one try at a time, and who goes away while trying lets the next', () => {
  const clock = { now: 0 }
  const states: string[] = []
  const breaker = createBreaker({
    ...{ failures: 2, openMs: 100, now: () => clock.now },
    changed: state => states.push(state),
  })
  const fail = (): void => {
    expect(breaker.enter()).toBe(true)
    breaker.failed()
  }
  fail()
  expect(breaker.enter()).toBe(true)
  breaker.succeeded()
  fail()
  fail()
  expect(breaker.enter()).toBe(false)
  clock.now = 100
  expect(breaker.enter()).toBe(true)
  expect(breaker.enter()).toBe(false)
  breaker.left()
  expect(breaker.enter()).toBe(true)
  breaker.failed()
  expect(breaker.enter()).toBe(false)
  clock.now = 199
  expect(breaker.enter()).toBe(false)
  clock.now = 200
  expect(breaker.enter()).toBe(true)
  breaker.succeeded()
  expect(breaker.enter()).toBe(true)
  expect(states).toEqual(['open', 'half-open', 'open', 'half-open', 'closed'])
})

test('tokens of an hour count for an hour, those set aside until it is known what was used', () => {
  const clock = { now: 1_000_000_000 }
  const budget = createHourBudget(100, () => clock.now)
  const settle = budget.reserve(80)!
  expect(budget.reserve(30)).toBe(undefined)
  settle(60)
  budget.reserve(30)!(30)
  expect(budget.reserve(11)).toBe(undefined)
  clock.now += 30 * 60_000
  budget.reserve(10)!(10)
  expect(budget.reserve(1)).toBe(undefined)
  clock.now += 31 * 60_000
  expect(budget.reserve(91)).toBe(undefined)
  expect(budget.reserve(90)).toBeDefined()
})

test('Retry-After is seconds or a date', () => {
  const now = Date.UTC(2026, 0, 5)
  expect(readRetryAfter('7', now)).toBe(7000)
  expect(readRetryAfter('Mon, 05 Jan 2026 00:00:09 GMT', now)).toBe(9000)
  expect(readRetryAfter('Sun, 04 Jan 2026 00:00:00 GMT', now)).toBe(0)
  expect(readRetryAfter('soon', now)).toBe(undefined)
  expect(readRetryAfter(null, now)).toBe(undefined)
})

test('sentences are found whatever the pieces are that an answer comes in', () => {
  const sentences = [
    { text: 'a "quoted" {brace} \\ and [L1]', lines: ['L1'] },
    { text: 'nested', more: { deep: [{ x: 1 }] }, lines: [] },
    { text: '…ü\n', lines: ['L2'] },
  ]
  const answer = `<think>{"sentences":[{"no":1}]}</think> Well: ${JSON.stringify({ before: [1], sentences })} end {`
  const random = createRandom(3)
  for (let i = 0; i < 200; i++) {
    const reader = createSentenceReader()
    const found: unknown[] = []
    for (let at = 0; at < answer.length; ) {
      const size = random.int(1, 30)
      found.push(...reader.feed(answer.slice(at, at + size)))
      at += size
    }
    expect(found).toEqual(sentences)
  }
  expect(createSentenceReader().feed('{"sentences": [{"a": 1}, {"b"')).toEqual([{ a: 1 }])
  expect(createSentenceReader().feed('}]{"sentences": [{a}, {"b": 1}]}')).toEqual([{ b: 1 }])
})

test('budgets that allow nothing are faults of the configuration', () => {
  const llm = (given: Record<string, string>) => () =>
    parseConfig({
      env: Object.fromEntries(
        Object.entries(given).map(([name, value]) => [`LOGBERT__RCA__LLM__${name}`, value]),
      ),
    })
  expect(llm({ TOKENSPERREPORT: '3000' })).toThrow(
    'tokensPerReport (3000) is below maxPromptTokens',
  )
  expect(llm({ TOKENSPERHOUR: '2000' })).toThrow('tokensPerHour (2000) is below tokensPerReport')
  expect(llm({ ANSWERFORMAT: 'xml' })).toThrow('rca.llm.answerFormat')
  const { rca } = parseConfig({ env: { LOGBERT__RCA__LLM__MODEL: 'm' } })
  const { maxPromptTokens, maxTokens, tokensPerReport } = rca.llm
  // One repair fits.
  expect(tokensPerReport).toBeGreaterThan(2 * (maxPromptTokens + maxTokens))
})
