import type { ExecutorDeps } from '../core/exec/choose.ts'
import { installGpu } from './gpu-deno.ts'
import { loadNative } from './native-ort.ts'

/**
 * What Deno brings to run models: its own WebGPU, native code. One wasm thread: Deno 2.9 delivers
 * no message to a worker while the main thread waits for it, and onnxruntime's threads then stand
 * still for good, in most starts.
 */
export const executorDeps: ExecutorDeps = { installGpu, loadNative, mostThreads: 1 }
export { gunzip } from './gunzip.ts'
