import { LogbertError } from '../errors.ts'
import type { Backend, Executor } from './executor.ts'
import { createNativeExecutor, type NativeOptions } from './native.ts'
import { timeProbe } from './probe.ts'
import { createReferenceExecutor } from './reference.ts'
import { createWasmExecutor, type WasmOptions } from './wasm.ts'
import { createWebGpuExecutor, type WebGpuOptions } from './webgpu.ts'

/** What the runtime brings: see `#platform`. */
export type ExecutorDeps = WasmOptions & WebGpuOptions & NativeOptions

/** What `auto` saw of one backend: the time of a training step, or why it is not there. */
export interface Measurement {
  backend: Backend
  about: string
  /** Milliseconds of one step of the probe (two layers of width 128, 640 tokens). */
  millis?: number
}

export interface ExecutorChoice {
  executor: Executor
  /** In the order tried; empty where the config named the backend. */
  measured: Measurement[]
}

const creators: Record<Backend, (deps: ExecutorDeps) => Promise<Executor>> = {
  native: createNativeExecutor,
  webgpu: createWebGpuExecutor,
  wasm: createWasmExecutor,
  reference: async () => createReferenceExecutor(),
}

/** Never chosen by `auto`: it is there to be right, not fast. */
const candidates: readonly Backend[] = ['native', 'webgpu', 'wasm']

/**
 * Opens the backend that the config names; `auto` times a small training step on every one that is
 * present, imitated GPUs apart, and takes the fastest.
 *
 * @throws BACKEND_ABSENT, with how to get it, where a named backend is not there
 */
export const chooseExecutor = async (
  name: Backend | 'auto',
  deps: ExecutorDeps = {},
): Promise<ExecutorChoice> => {
  if (name !== 'auto') return { executor: await creators[name](deps), measured: [] }
  const measured: Measurement[] = []
  let best: { executor: Executor; millis: number } | undefined
  for (const backend of candidates) {
    try {
      const executor = await creators[backend]({ ...deps, software: false })
      const millis = await timeProbe(executor)
      measured.push({ backend, about: executor.about, millis })
      if (best === undefined || millis < best.millis) best = { executor, millis }
    } catch (error) {
      if (!(error instanceof LogbertError)) throw error
      measured.push({ backend, about: error.message })
    }
  }
  if (best !== undefined) return { executor: best.executor, measured }
  const reasons = measured.map(({ about }) => about).join('; ')
  throw new LogbertError('BACKEND_ABSENT', `no backend is present: ${reasons}`)
}
