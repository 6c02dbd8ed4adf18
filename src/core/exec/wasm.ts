import { LogbertError } from '../errors.ts'
import type { Executor } from './executor.ts'
import { createOrtExecutor, type OrtModule } from './ort.ts'

export interface WasmOptions {
  /** Threads to compute with; default: the processors present, at most 8. First caller wins. */
  threads?: number
  /** Most threads that this runtime bears, whatever is asked for. Comes from the platform. */
  mostThreads?: number
  /** Folder URL of onnxruntime-web's wasm files, where a bundler has moved them (`/ort/`). */
  wasmPaths?: string
  /**
   * Loads onnxruntime-web; default: its main entry, whose worker threads start in Bun, Deno and
   * Node. Browsers do with the smaller `onnxruntime-web/wasm`.
   */
  loadWasm?: () => Promise<OrtModule>
}

const MOST_THREADS = 8

const defaultThreads = (): number =>
  typeof SharedArrayBuffer === 'undefined'
    ? 1
    : Math.min(globalThis.navigator?.hardwareConcurrency ?? 1, MOST_THREADS)

/** onnxruntime-web on WebAssembly with SIMD and, where memory can be shared, threads. */
export const createWasmExecutor = async (options: WasmOptions = {}): Promise<Executor> => {
  const { mostThreads = Number.POSITIVE_INFINITY, wasmPaths, loadWasm } = options
  const threads = Math.min(options.threads ?? defaultThreads(), mostThreads)
  const load = loadWasm ?? (() => import('onnxruntime-web'))
  const ort = await load().catch((cause: unknown) => {
    throw new LogbertError(
      'BACKEND_ABSENT',
      'the wasm backend cannot load onnxruntime-web: run `bun install`',
      { cause },
    )
  })
  ort.env.wasm.numThreads = threads
  ort.env.logLevel = 'error'
  if (wasmPaths !== undefined) ort.env.wasm.wasmPaths = wasmPaths
  return createOrtExecutor({
    name: 'wasm',
    about: `onnxruntime-web ${ort.env.versions.web} wasm, ${threads} threads`,
    ort,
    session: {
      ...{ executionProviders: ['wasm'], graphOptimizationLevel: 'all', logSeverityLevel: 3 },
      // Threads that wait in a loop gain nothing here, and hold processors that others need
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    },
  })
}
