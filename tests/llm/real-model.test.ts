import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { countTokens } from '../../src/llm/count-tokens.ts'
import type { NarratorSettings } from '../../src/llm/narrator.ts'
import { writePrompt } from '../../src/llm/prompt.ts'
import { createRedactor } from '../../src/llm/redactor.ts'
import { type LlmServer, startLlm, withoutLlm } from '../services/llm/server.ts'
import { EVENTS, LINES, REPORT, type Talk, talk } from './given.ts'

const why = await withoutLlm()
const MINUTES = 300_000
/**
 * The model writes some 50 tokens a second on a free core, and one or two where many compute: no more
 * of them than one sentence needs.
 */
const PATIENT = { timeoutSeconds: 280, maxTokens: 120 }

describe.skipIf(why !== undefined)(`a real model${why === undefined ? '' : ` (${why})`}`, () => {
  let server: LlmServer
  beforeAll(async () => {
    server = await startLlm()
  }, MINUTES)
  afterAll(() => server?.stop())

  const ask = (given: Partial<NarratorSettings> = {}, token = server.token): Talk =>
    talk(server.url, { model: server.model, ...PATIENT, ...given }, { LOGBERT_LLM_TOKEN: token })

  test(
    'whatever it says, what is told of it cites lines and names suspects of the report',
    async () => {
      const { narrative, chunks, heard } = await ask()()
      const failed = heard.find(([name]) => name === 'failed')
      // It may say nothing that holds, but only that.
      if (narrative === undefined) expect(['unfounded', 'invalid']).toContain(failed![1] as string)
      else {
        expect(chunks.join('')).toBe(narrative.text)
        const ids = new Set(EVENTS.map(({ id }) => id))
        for (const { evidence } of narrative.sentences) {
          expect(evidence.length).toBeGreaterThan(0)
          expect(evidence.filter(id => !ids.has(id))).toEqual([])
        }
        const names = REPORT.suspects.map(({ name }) => name)
        expect(narrative.suspects.filter(name => !names.includes(name))).toEqual([])
      }
      // The schema holds its citations: what is taken out names what is not there.
      const removed = heard.filter(([name]) => name === 'removed')
      expect(removed.filter(([, reason]) => reason === 'citation')).toEqual([])
      const [, used] = heard.find(([name]) => name === 'used') as [string, Record<string, number>]
      expect(used.completion).toBeGreaterThan(0)
      expect(used.completion).toBeLessThanOrEqual(PATIENT.maxTokens)
      expect(used.estimated).toBe(false as never)
    },
    MINUTES,
  )

  test(
    'without a schema what it makes up is taken out, or the report goes without',
    async () => {
      const { narrative, heard } = await ask({ answerFormat: 'json_object' })()
      const ids = new Set(EVENTS.map(({ id }) => id))
      const cited = narrative?.sentences.flatMap(({ evidence }) => evidence) ?? []
      expect(cited.filter(id => !ids.has(id))).toEqual([])
      if (narrative === undefined) {
        const failed = heard.find(([name]) => name === 'failed')
        expect(['unfounded', 'invalid']).toContain(failed![1] as string)
      }
    },
    MINUTES,
  )

  test(
    'it stops writing when whoever asked goes away',
    async () => {
      const asker = new AbortController()
      const asking = ask({ maxTokens: 5000, tokensPerReport: 20_000 })(REPORT, LINES, asker.signal)
      while (!(await server.isBusy())) await Bun.sleep(10)
      const begun = performance.now()
      asker.abort()
      expect((await asking).heard.at(-1)).toEqual(['failed', 'aborted', expect.any(String)])
      while (await server.isBusy()) await Bun.sleep(10)
      // Some 100 s would be left.
      expect(performance.now() - begun).toBeLessThan(30_000)
    },
    MINUTES,
  )

  test(
    'an answer that reaches its longest before a sentence is whole is none',
    async () => {
      const { heard } = await ask({ maxTokens: 16 })()
      expect(heard.at(-1)).toEqual(['failed', 'invalid', 'no sentence fits in the longest answer'])
      expect(heard.find(([name]) => name === 'used')![1]).toMatchObject({ completion: 16 })
    },
    MINUTES,
  )

  test(
    'a wrong token, and a question beyond what it can read, are refused',
    async () => {
      expect((await ask({}, 'wrong')()).heard.at(-1)).toEqual([
        'failed',
        'refused',
        'it answered 401',
      ])
      const text = 'one word after another '.repeat(80)
      const lines = Array.from({ length: 40 }, (_, i) => ({
        ...{ id: `l:${i}`, at: i, service: 'web', text: `${text}${i}`, template: `${i}`, count: 1 },
      }))
      const timeline = lines.map(({ id }) => ({
        ...{ at: 1, service: 'web', what: `${text} again`, evidence: [id] },
      }))
      const long = ask({ maxPromptTokens: 50_000, tokensPerReport: 60_000 })
      const { heard } = await long({ ...REPORT, timeline }, lines)
      expect(heard.at(-1)).toEqual(['failed', 'refused', 'it answered 400'])
    },
    MINUTES,
  )

  test(
    'tokens are estimated with care',
    async () => {
      const prompt = writePrompt(REPORT, LINES, createRedactor(), 4000)
      const texts = [
        prompt.data,
        '081109 203615 148 INFO dfs.DataNode$PacketResponder: PacketResponder 1 for block blk_38865049064139660 terminating',
        '2026-01-05T08:00:00.123Z [exec-7] ERROR c.e.orders.OrdersService - java.io.IOException: No space left on device',
        '{"level":"warn","ts":1767600000.123,"caller":"rafthttp/probing.go:68","msg":"prober detected unhealthy status"}',
        'ошибка соединения с базой данных; 数据库连接失败',
      ]
      for (const text of texts) {
        const real = await server.countTokens(text)
        expect(countTokens(text)).toBeGreaterThanOrEqual(real)
        expect(countTokens(text)).toBeLessThan(4 * real)
      }
    },
    MINUTES,
  )
})
