import { executorDeps } from '#platform'
import { chooseExecutor } from '../../src/core/exec/choose.ts'
import { createEngine } from '../../src/core/pipeline/create-engine.ts'
import { learnBundle, simulatedLogs } from '../pipeline/simulated.ts'

/**
 * Trains on a small simulated log, LogBERT included, and scores another one: prints what it found,
 * one JSON object a line. Every runtime must print the same.
 */
const engine = createEngine({
  executor: async backend =>
    (await chooseExecutor(backend, { ...executorDeps, threads: 1 })).executor,
})
const { before, after } = simulatedLogs()
const bundle = await learnBundle(engine, before, { epochs: 2 })
const model = await engine.open(bundle, { backend: 'wasm' })
const found = await model.feed(after.map(({ line }) => line))
const rest = await model.flush()
for (const { session, kind, lines, pValue } of [...found.anomalies, ...rest.anomalies]) {
  const odd = lines.filter(line => line.odd).map(({ line }) => line)
  console.log(JSON.stringify({ session, kind, odd, rare: Math.round(-10 * Math.log10(pValue)) }))
}
