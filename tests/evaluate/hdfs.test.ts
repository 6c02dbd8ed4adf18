import { beforeAll, describe, expect, test } from 'bun:test'
import { corpusOfLines } from '../../src/core/evaluate/corpus.ts'
import { type Corpus, evaluate } from '../../src/core/evaluate/evaluate.ts'
import { readLabels } from '../../src/core/input/labels.ts'
import { localEngine } from '../../src/serve/local-engine.ts'
import { readData, withoutData } from '../data.ts'

const reason = withoutData('hdfs_2pct')
const engine = localEngine()
const learn = { session: 'auto', budget: 0.001, seed: 1, epochs: 0, backend: 'wasm' } as const
let corpus: Corpus

describe.skipIf(reason !== undefined)(
  `raw text of HDFS, nothing configured ${reason ?? ''}`,
  () => {
    beforeAll(async () => {
      const text = await readData('hdfs_2pct/HDFS_2pct.log.gz')
      const labels = readLabels((await readData('hdfs_2pct/labels.csv.gz')).split('\n'))
      const lines = text.split('\n').filter(line => line !== '')
      const found = corpusOfLines(
        lines.map(line => ({ text: line, source: 'hdfs', arrived: 0 })),
        labels,
        'auto',
      )
      expect(found.sessions).toHaveLength(labels.size)
      expect(found.unlabelled).toBe(0)
      corpus = found
    }, 60_000)

    test('learned from 40 % of the normal blocks, label-free', async () => {
      const options = { split: 'random', train: 0.4, seed: 1, drift: true, learn } as const
      const { results, training, test: tried } = await evaluate(corpus, engine, options)
      expect(training + tried.normal).toBe(11_151)
      expect(tried.odd).toBe(350)
      const { all } = results.get('logbert edge')!
      expect(all.f1).toBeGreaterThan(0.95)
      expect(all.auroc).toBeGreaterThan(0.999)
      expect(all.f1).toBeGreaterThan(results.get('baseline unseen event')!.all.f1)
    }, 60_000)

    test('a new regime after the first 40 % of the time is told once, not two thousand times', async () => {
      const options = { split: 'time', train: 0.4, seed: 1, learn } as const
      const on = (await evaluate(corpus, engine, { ...options, drift: true })).results
      const off = (await evaluate(corpus, engine, { ...options, drift: false })).results
      const f1 = ({ results }: { results: typeof on }) => results.get('logbert edge')!.all
      expect(f1({ results: off }).falseAlarms).toBeGreaterThan(0.2)
      expect(f1({ results: on }).falseAlarms).toBeLessThan(0.01)
      expect(f1({ results: on }).recall).toBeGreaterThan(0.95)
    }, 60_000)
  },
)
