import { LogbertError } from '../errors.ts'
import type { Executor } from './executor.ts'
import { createOrtExecutor, type OrtModule } from './ort.ts'

export interface NativeOptions {
  /**
   * Loads onnxruntime-node; throws BACKEND_ABSENT with what to do where it is not installed.
   * Comes from the platform.
   */
  loadNative?: () => Promise<OrtModule>
  /** Threads to compute with; default: as many as there are processors. */
  threads?: number
}

/** onnxruntime-node's CPU provider: the fastest without a GPU, where it is installed. */
export const createNativeExecutor = async (options: NativeOptions = {}): Promise<Executor> => {
  const { loadNative, threads } = options
  if (loadNative === undefined) {
    throw new LogbertError(
      'BACKEND_ABSENT',
      'the native backend cannot start: this runtime loads no native code: pick wasm or webgpu',
    )
  }
  const ort = await loadNative()
  ort.env.logLevel = 'error'
  return createOrtExecutor({
    name: 'native',
    about: `onnxruntime-node ${ort.env.versions.node ?? ort.env.versions.common} cpu`,
    ort,
    session: {
      executionProviders: ['cpu'],
      graphOptimizationLevel: 'all',
      ...(threads !== undefined && { intraOpNumThreads: threads }),
    },
  })
}
