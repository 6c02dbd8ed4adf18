import type { SessionVerdict } from '../../src/core/pipeline/engine.ts'
import { loadBundle, publishBundle } from '../../src/core/store/bundle.ts'
import { memoryStore } from '../../src/core/store/byte-store.ts'
import { pointOf, rankingOf } from '../../src/core/train/metrics.ts'
import { localEngine } from '../../src/serve/local-engine.ts'
import { readData, withoutData } from '../data.ts'
import type { Bench } from './bench.ts'
import { labelledSystems } from './parse-metrics.ts'

const BUDGET = 0.001

/** Lines of a system; BGL's alert column is the label and is cut off. */
const readSystem = async (system: string): Promise<{ texts: string[]; alerts: boolean[] }> => {
  const raw = (await readData(`loghub_2k/${system}/${system}_2k.log.gz`)).split(/\r?\n/)
  const lines = raw.filter(line => line !== '')
  if (system !== 'BGL') return { texts: lines, alerts: lines.map(() => false) }
  return {
    texts: lines.map(line => line.slice(line.indexOf(' ') + 1)),
    alerts: lines.map(line => !line.startsWith('- ')),
  }
}

/** Learns from the first half as it is, scores the second. */
const scoreHalf = async (system: string, texts: readonly string[], epochs: number) => {
  const engine = localEngine()
  const all = texts.map(text => ({ text, source: system, arrived: 0 }))
  const half = all.length >> 1
  const store = memoryStore()
  const open = async function* () {
    yield all.slice(0, half)
  }
  const options = { session: 'auto', budget: BUDGET, seed: 1, epochs, backend: 'wasm' } as const
  const draft = await engine.learn(
    { format: 'lines', open },
    { name: 'half', ...options },
    () => undefined,
  )
  await publishBundle(store, draft)
  const model = await engine.open(await loadBundle(store, 'half'), { explain: false })
  const { sessions, windows } = draft.training as { sessions: number; windows: number }
  const fed = await model.feed(all.slice(half))
  const verdicts: SessionVerdict[] = [...fed.verdicts, ...(await model.flush()).verdicts]
  return { verdicts, half, trained: `${sessions} sessions, ${windows} windows` }
}

export const bench: Bench = {
  name: 'windows',
  about: 'logs without sessions: half to learn from, windows found by themselves; args: epochs',
  async run([epochs = '0']) {
    const reason = withoutData('loghub_2k')
    if (reason !== undefined) return console.log(`skipped: ${reason}`)
    console.log('| system | learned from | scored | alarms | share |\n|---|---|---|---|---|')
    for (const system of labelledSystems()) {
      const { texts, alerts } = await readSystem(system)
      const { verdicts, half, trained } = await scoreHalf(system, texts, Number(epochs))
      const alarms = verdicts.filter(({ anomalous }) => anomalous).length
      const share = `${((100 * alarms) / verdicts.length).toFixed(1)} %`
      console.log(`| ${system} | ${trained} | ${verdicts.length} | ${alarms} | ${share} |`)
      if (!alerts.includes(true)) continue
      const positive = verdicts.map(({ lines }) => lines.some(line => alerts[half + line - 1]))
      const scores = verdicts.map(({ score }) => score)
      const { auroc, auprc, oracleF1 } = rankingOf({ scores, positive })
      const odd = positive.filter(Boolean).length
      const point = pointOf(
        verdicts.map(({ anomalous }) => anomalous),
        { positive },
      )
      console.log(
        `|   against its alerts (${odd} of ${verdicts.length}; ${alerts.slice(0, half).filter(Boolean).length} alert lines among those learned from) | AUROC ${auroc.toFixed(3)} | AUPRC ${auprc.toFixed(3)} | F1 ${point.f1.toFixed(3)} | oracle F1 ${oracleF1.toFixed(3)} |`,
      )
    }
  },
}
