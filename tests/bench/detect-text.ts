import { createDrift } from '../../src/core/detect/drift.ts'
import type { DriftOptions } from '../../src/core/detect/drift-state.ts'
import { fitDetector } from '../../src/core/detect/fit-detector.ts'
import { distinct } from '../../src/core/sequence/sequence-set.ts'
import { createRandom } from '../../src/core/simulator/random.ts'
import { type Point, pointOf, rankingOf } from '../../src/core/train/metrics.ts'
import { shuffled } from './detect-data.ts'
import { readHdfsText, type TextSession } from './detect-hdfs-text.ts'

const SHARE = 0.4
const BUDGET = 0.001

const say = (name: string, p: Point, more = ''): void =>
  console.log(
    `  ${name.padEnd(36)} F1 ${p.f1.toFixed(3)}  P ${p.precision.toFixed(3)}  ` +
      `R ${p.recall.toFixed(3)}  false ${(100 * p.falseAlarms).toFixed(3)} %${more}`,
  )

const split = (training: readonly TextSession[], test: readonly TextSession[], name: string) => {
  const normals = training.filter(s => !s.odd).map(s => s.sequence)
  const detector = fitDetector(distinct(normals), { budget: BUDGET, seed: 1 })
  const verdicts = test.map(s => detector.score(s.sequence))
  const positive = test.map(s => s.odd)
  const alarms = verdicts.map(v => v.anomalous)
  const { auroc, oracleF1 } = rankingOf({ scores: verdicts.map(v => v.score), positive })
  const more = `  AUROC ${auroc.toFixed(4)}  oracle ${oracleF1.toFixed(3)}`
  say(name, pointOf(alarms, { positive }), more)
  return { alarms, positive, detector }
}

const withDrift = (
  test: readonly TextSession[],
  { alarms, positive }: { alarms: boolean[]; positive: boolean[] },
  options: DriftOptions,
  name: string,
): void => {
  const drift = createDrift(options)
  const raised = [...alarms]
  const at = new Map(test.map((s, i) => [s.key, i]))
  let notices = 0
  test.forEach((s, i) => {
    const step = drift.see(s.sequence, alarms[i]!, s.key)
    if (step.withheld) raised[i] = false
    for (const key of step.withdrawn) raised[at.get(key)!] = false
    if (step.notice !== undefined) notices += 1
  })
  const lost = positive.filter((odd, i) => odd && alarms[i] && !raised[i]).length
  const more = `  ${notices} notices, ${lost} true alarms withheld`
  say(`  drift on, ${name}`, pointOf(raised, { positive }), more)
}

/** HDFS from raw text: blocks drawn at random, and blocks in the order of their end. */
export const benchText = async (): Promise<void> => {
  const sessions = await readHdfsText()
  console.log(`\nHDFS_2pct, ${sessions.length} blocks from raw text, 40 % to learn from`)
  for (const seed of [1, 2, 3]) {
    const mixed = shuffled(sessions, createRandom(seed))
    const cut = Math.floor(SHARE * mixed.length)
    split(mixed.slice(0, cut), mixed.slice(cut), `at random, seed ${seed}`)
  }
  const [first, last] = [sessions[0]!.end, sessions.at(-1)!.end]
  const cut = sessions.findIndex(s => s.end > first + SHARE * (last - first))
  const test = sessions.slice(cut)
  const judged = split(sessions.slice(0, cut), test, 'ending in the first 40 % of time')
  const { near } = judged.detector
  for (const before of ['withdraw', 'keep'] as const) {
    withDrift(test, judged, { before }, `${before}`)
    withDrift(test, judged, { before, near, stretches: 3 }, `${before}, lasting, with variants`)
  }
}
