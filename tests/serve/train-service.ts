import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TrainJob } from '../../src/api/train-service.ts'
import { createTopology } from '../../src/core/simulator/generated.ts'
import { createSimulator, type SimulatedLine } from '../../src/core/simulator/simulator.ts'
import { createRegistry } from '../../src/core/store/registry.ts'
import { openDatabase } from '../../src/db/open.ts'
import { folderStore } from '../../src/platform/files.ts'
import { createTrainJobs, type TrainJobsDeps } from '../../src/serve/train-jobs.ts'

export const START = Date.UTC(2026, 0, 5, 8)

/** Lines of some minutes of a simulated system without faults; the shop, or another by its seed. */
export const normalLog = (minutes: number, other?: number): SimulatedLine[] => {
  const simulator = createSimulator({
    ...{ seed: 5, start: START, ratePerSecond: 2 },
    ...(other !== undefined && { topology: createTopology(other) }),
  })
  const lines: SimulatedLine[] = []
  while (simulator.now < START + 60_000 * minutes) lines.push(simulator.next())
  return lines
}

export const textOf = (lines: readonly SimulatedLine[]): string =>
  lines.map(({ line }) => `${line.text}\n`).join('')

/** A network that trains in a second. */
export const SMALL = {
  ...{ hidden: 16, layers: 1, heads: 2, inner: 32 },
  ...{ epochTokens: 4000, batchTokens: 256 },
}

/** Counts what is told to metrics. */
export const countingMetrics = () => {
  const seen: Record<string, number | string[]> = {}
  const gauge = (name: string) => ({
    set: (value: number) => {
      seen[name] = value
    },
  })
  const ended: string[] = []
  return {
    seen,
    ended,
    metrics: {
      trainingRuns: { inc: ({ state }: { state: string }) => ended.push(state) },
      trainingEpochs: {
        inc: () => {
          seen.epochs = Number(seen.epochs ?? 0) + 1
        },
      },
      trainingLoss: gauge('loss'),
      trainingGradient: gauge('gradient'),
      trainingRate: gauge('rate'),
      trainingPrecision: gauge('precision'),
      trainingRecall: gauge('recall'),
      trainingF1: gauge('f1'),
      trainingAuc: gauge('auc'),
    },
  }
}

export const createFolder = () => {
  const root = mkdtempSync(join(tmpdir(), 'logbert-train-'))
  const data = join(root, 'data')
  mkdirSync(data)
  const names = (folder: string): string[] =>
    existsSync(join(data, folder)) ? readdirSync(join(data, folder)) : []
  const left = (): string[] => [...names('uploads'), ...names('jobs')]
  return {
    data,
    models: join(root, 'models'),
    /** What is left of uploads and jobs. */
    left,
    /** Resolves when nothing is: jobs clean up after they have said that they are over. */
    async isClean() {
      while (left().length > 0) await Bun.sleep(2)
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}

export type Folder = ReturnType<typeof createFolder>

/** The service on a folder, as the server makes it. */
export const openService = async (
  { data, models }: Folder,
  given: Partial<Omit<TrainJobsDeps, 'limits'>> & {
    limits?: Partial<TrainJobsDeps['limits']>
  } = {},
) => {
  const db = openDatabase(join(data, 'logbert.db'))
  const registry = createRegistry(folderStore(models))
  const told: TrainJob[] = []
  const served: string[] = []
  const { metrics, seen, ended } = countingMetrics()
  const { limits, ...rest } = given
  const jobs = await createTrainJobs({
    ...{ db, registry, data, models, metrics },
    defaults: {
      ...{ name: 'shop', session: 'auto', budget: 0.01, seed: 1, epochs: 2 },
      ...{ backend: 'wasm', holdout: 0.1, network: SMALL },
    },
    limits: { waiting: 4, uploadBytes: 64 << 20, ...limits },
    tell: job => told.push(structuredClone(job)),
    promoted: async (name, version) => {
      served.push(`${name}@${version}`)
    },
    note: text => {
      throw new Error(text)
    },
    ...rest,
  })
  const until = async (id: string, holds: (job: TrainJob) => boolean): Promise<TrainJob> => {
    for (;;) {
      const job = jobs.get(id)!
      if (holds(job)) return job
      await Bun.sleep(5)
    }
  }
  return {
    ...{ db, registry, jobs, told, served, seen, ended, until },
    end: (id: string) => until(id, ({ state }) => state !== 'waiting' && state !== 'running'),
    async close() {
      await jobs.stop()
      db.close()
    },
  }
}
