import { parseConfig } from '../../src/config.ts'
import { createNarrator } from '../../src/llm/narrator.ts'
import { LINES, REPORT } from '../llm/given.ts'

/**
 * Puts a made-up report in words at a real endpoint, which the environment names as for the server:
 * `LOGBERT__RCA__LLM__MODEL=… LOGBERT__RCA__LLM__ENDPOINTURL=… LOGBERT_LLM_TOKEN=… bun
 * tests/manual/llm.ts`; without an address at Hugging Face, with `HF_TOKEN`. Exit code 1: no text.
 */
if (import.meta.main) {
  const { llm } = parseConfig({ env: process.env }).rca
  const say = (name: string) => (told: unknown, more?: unknown) =>
    console.error(`${name} ${JSON.stringify(told)} ${more ?? ''}`)
  const narrate = createNarrator(llm, process.env, {
    ...{ used: say('used'), failed: say('failed'), removed: say('removed') },
    ...{ answered: say('seconds'), breaker: say('breaker') },
  })
  if (narrate === undefined) {
    console.error('no model is named: set LOGBERT__RCA__LLM__MODEL')
    process.exit(2)
  }
  const asker = new AbortController()
  process.once('SIGINT', () => asker.abort())
  const narrative = await narrate(REPORT, {
    ...{ signal: asker.signal, lines: LINES },
    onText: chunk => void process.stderr.write(`${chunk}\n`),
  })
  console.log(JSON.stringify(narrative ?? null, null, 2))
  process.exit(narrative === undefined ? 1 : 0)
}
