import { fitDetector } from '../../src/core/detect/fit-detector.ts'
import { VOICES } from '../../src/core/detect/panel.ts'
import { distinct } from '../../src/core/sequence/sequence-set.ts'
import { createRandom } from '../../src/core/simulator/random.ts'
import { withoutData } from '../data.ts'
import type { Bench } from './bench.ts'
import { drawnOf, firstOf, mixedOf, readHdfs, readOpenStack } from './detect-data.ts'
import {
  type Method,
  printHead,
  printResult,
  spread,
  type Task,
  tryMethod,
} from './detect-evaluate.ts'
import { FAULTS, makeFaults } from './detect-faults.ts'
import { BASELINES, detector, someVoices } from './detect-methods.ts'
import { benchSimulator } from './detect-simulator.ts'
import { benchSpeed } from './detect-speed.ts'
import { STAND_INS } from './detect-standins.ts'
import { benchText } from './detect-text.ts'

const TRAINING = 4855
const DRAWS = Array.from({ length: 20 }, (_, i) => i + 1)

const half = (data: { normal: number[][] }): number => Math.floor(data.normal.length / 2)

const rows = (title: string, task: Task, methods: Record<string, Method>): void => {
  printHead(title)
  for (const [name, method] of Object.entries(methods)) printResult(name, tryMethod(method, task))
}

/** Each voice alone, and the rest without it. */
const voices = (): Record<string, Method> =>
  Object.fromEntries([
    ...VOICES.map(name => [`only ${name}`, someVoices(voice => voice === name)] as const),
    ...VOICES.map(name => [`without ${name}`, someVoices(voice => voice !== name)] as const),
  ])

const overDraws = (
  title: string,
  tasks: readonly Task[],
  methods: Record<string, Method>,
): void => {
  console.log(`\n${title}`)
  for (const [name, method] of Object.entries(methods)) {
    const results = tasks.map(task => tryMethod(method, task))
    console.log(`  ${name.padEnd(22)} F1 ${spread(results.map(r => r.all.f1))}`)
    const false_ = results.map(r => 100 * r.all.falseAlarms)
    const highest = Math.max(...false_).toFixed(3)
    const mean = (false_.reduce((a, b) => a + b, 0) / false_.length).toFixed(3)
    const best = spread(results.map(r => r.all.oracleF1))
    const auroc = spread(results.map(r => r.all.auroc))
    console.log(`    ${mean} % false (most ${highest}); oracle F1 ${best}; AUROC ${auroc}`)
    console.log(`    distinct sessions: F1 ${spread(results.map(r => r.distinct.f1))}`)
  }
}

const faults = (title: string, task: Task, all: readonly number[][]): void => {
  console.log(`\n${title}: recall of faults made from test normals, budgets 0.1 % and 1 %`)
  const training = distinct(task.training)
  const judges = [0.001, 0.01].map(budget => fitDetector(training, { budget, seed: 1 }))
  const normals = new Set(all.map(s => s.join(' ')))
  const sums = [0, 0]
  const kinds = Object.keys(FAULTS)
  for (const kind of kinds) {
    const { made, ordinary } = makeFaults(kind, task.normal, normals, 1000, createRandom(7))
    const recall = judges.map(j => made.filter(s => j.score(s).anomalous).length / made.length)
    for (const [i, share] of recall.entries()) sums[i]! += share / kinds.length
    const shares = recall.map(share => share.toFixed(3)).join('  ')
    console.log(`  ${kind.padEnd(16)} ${shares}   ${made.length} made, ${ordinary} were ordinary`)
  }
  console.log(`  ${'mean'.padEnd(16)} ${sums.map(sum => sum.toFixed(3)).join('  ')}`)
}

const standIns = (): void => {
  printHead('systems made up from seeds 1 to 3')
  for (const { name, budget, make } of STAND_INS) {
    for (const seed of [1, 2, 3]) {
      const result = tryMethod(detector, make(seed), budget)
      printResult(`${name}  ${seed}`, result)
    }
  }
}

const parts: Record<string, () => Promise<void> | void> = {
  hdfs: async () => {
    const task = firstOf(await readHdfs(), TRAINING)
    rows(`HDFS, first ${TRAINING} normals`, task, { detector, ...BASELINES })
  },
  voices: async () => {
    const title = 'voices alone and left out'
    rows(`HDFS: ${title}`, firstOf(await readHdfs(), TRAINING), { detector, ...voices() })
    const stack = await readOpenStack()
    rows(`OpenStack: ${title}`, drawnOf(stack, half(stack), 1), { detector, ...voices() })
    for (const { name, make } of STAND_INS.filter(s => /2,000|800|1,500/.test(s.name))) {
      rows(`${name}: ${title}`, make(1), { detector, ...voices() })
    }
  },
  draws: async () => {
    const data = await readHdfs()
    const methods = { detector, 'nearest counts (K)': BASELINES['nearest counts (K)']! }
    for (const n of [TRAINING, 1000]) {
      const tasks = DRAWS.map(seed => drawnOf(data, n, seed))
      overDraws(`HDFS, 20 draws of ${n} normals`, tasks, methods)
    }
  },
  openstack: async () => {
    const data = await readOpenStack()
    const tasks = [1, 2, 3, 4, 5].map(seed => drawnOf(data, half(data), seed))
    rows('OpenStack, half of the normals', tasks[0]!, { detector, ...BASELINES })
    overDraws('OpenStack, 5 draws', tasks, { detector })
  },
  mixed: async () => {
    const data = await readHdfs()
    const told =
      (impurity: number): Method =>
      (training, budget, seed) =>
        fitDetector(training, { budget, seed, impurity })
    const methods = { detector, 'impurity 0.2 %': told(0.002), 'impurity 1 %': told(0.01) }
    overDraws('HDFS, clean, told otherwise', [firstOf(data, TRAINING)], methods)
    for (const share of [0.002, 0.01]) {
      const tasks = [1, 2, 3, 4, 5].map(seed => mixedOf(data, TRAINING, share, seed))
      overDraws(`HDFS, ${100 * share} % anomalies in training, 5 draws`, tasks, methods)
    }
  },
  faults: async () => {
    const [hdfs, stack] = [await readHdfs(), await readOpenStack()]
    faults('HDFS', firstOf(hdfs, TRAINING), hdfs.normal)
    faults('OpenStack', drawnOf(stack, half(stack), 1), stack.normal)
  },
  text: benchText,
  speed: benchSpeed,
  standins: standIns,
  simulator: () => benchSimulator([1, 2, 3, 4, 5, 6]),
}

/** Parts that need no real data. */
const made = new Set(['standins', 'simulator'])

export const bench: Bench = {
  name: 'detect',
  about: `detection without a network; args: ${Object.keys(parts).join(' ')} (all)`,
  async run(args) {
    const reason = withoutData('hdfs_115k', 'openstack_kalaki', 'hdfs_2pct')
    if (reason !== undefined) console.log(`parts on real data are left out: ${reason}`)
    for (const [name, part] of Object.entries(parts)) {
      if (args.length > 0 && !args.includes(name)) continue
      if (reason === undefined || made.has(name)) await part()
    }
  },
}
