import { expect, test } from 'bun:test'
import { createWasmExecutor } from '../../src/core/exec/wasm.ts'
import { createEngine } from '../../src/core/pipeline/create-engine.ts'
import type { LearnOptions, LearnProgress } from '../../src/core/pipeline/engine.ts'
import {
  type CheckpointStore,
  readCheckpoint,
  writeCheckpoint,
} from '../../src/core/train/checkpoint.ts'
import { madeSessions, SMALL } from '../logbert/language.ts'

const { epochs: _, ...network } = SMALL
const options: LearnOptions = {
  ...{ name: 'm', session: 'auto', budget: 0.001, seed: 1, epochs: 3, backend: 'wasm' },
  network: { ...network, heldOut: 0.2 },
}
const engine = createEngine({ executor: () => createWasmExecutor({ threads: 1 }) })
/** Two visits each, so that most sessions are alone in their order. */
const second = madeSessions(200, 4)
const rows = madeSessions(200, 3).map((events, i) => ({
  key: `s${i}`,
  line: i + 1,
  events: [...events, ...second[i]!].map(String),
}))

const learn = async (more: Partial<LearnOptions>) => {
  const told: LearnProgress[] = []
  const open = async function* () {
    yield rows
  }
  const draft = await engine.learn({ format: 'events', open }, { ...options, ...more }, progress =>
    told.push(progress),
  )
  return { draft, told }
}

/** Keeps what is saved as bytes; `cut` ends the training once it says so, after saving. */
const store = (cut: (network: number, epoch: number) => boolean) => {
  const kept = new Map<number, Uint8Array>()
  const saved: [network: number, epoch: number][] = []
  const checkpoints: CheckpointStore = {
    load: async network => {
      const bytes = kept.get(network)
      return bytes && readCheckpoint(bytes)
    },
    save: async (network, checkpoint) => {
      kept.set(network, writeCheckpoint(checkpoint))
      saved.push([network, checkpoint.epoch])
      if (cut(network, checkpoint.epoch)) throw new Error('power cut')
    },
  }
  return { checkpoints, saved, kept }
}

test('a training that is cut off in either of its networks ends with the same model', async () => {
  const { draft: through } = await learn({})
  expect(through.model!.length).toBeGreaterThan(1000)
  for (const [network, epoch] of [
    [1, 2],
    [2, 1],
  ] as const) {
    let power = true
    const { checkpoints, saved } = store((n, e) => power && n === network && e === epoch)
    await expect(learn({ checkpoints })).rejects.toThrow('power cut')
    power = false
    saved.length = 0
    const { draft: resumed, told } = await learn({ checkpoints })
    expect(resumed.model).toEqual(through.model!)
    expect(resumed.calibration).toEqual(through.calibration)
    // Only what was missing was trained.
    expect(saved[0]).toEqual(network === 1 ? [1, 3] : [2, 2])
    expect(told.some(({ note }) => note?.startsWith('goes on after epoch'))).toBe(true)
  }
}, 30_000)

test('a checkpoint of other settings is of no use: the training begins anew and says so', async () => {
  const { checkpoints, saved } = store(() => false)
  await learn({ checkpoints, seed: 2 })
  saved.length = 0
  const { draft, told } = await learn({ checkpoints })
  expect(draft.model).toEqual((await learn({})).draft.model!)
  expect(saved[0]).toEqual([1, 1])
  expect(told.some(({ note }) => note?.startsWith('begins anew'))).toBe(true)
}, 30_000)

test("LogBERT's size is what was asked for", async () => {
  const { draft } = await learn({ network: { ...network, hidden: 8, heads: 1 }, epochs: 1 })
  expect(draft.calibration).toMatchObject({
    network: { config: { hidden: 8, heads: 1, epochs: 1 } },
  })
  expect(JSON.stringify(draft.config)).not.toContain('checkpoints')
})
