import type { ExecutorDeps } from '../core/exec/choose.ts'
import { installGpu } from './gpu-deno.ts'
import { loadNative } from './native-ort.ts'

/** What Deno brings to run models: its own WebGPU, native code. */
export const executorDeps: ExecutorDeps = { installGpu, loadNative }

export { folderStore, openInput, pathError, sizeOf, sourceName } from './files.ts'
