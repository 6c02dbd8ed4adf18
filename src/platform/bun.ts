import type { ExecutorDeps } from '../core/exec/choose.ts'
import { installGpu } from './gpu-bun.ts'
import { loadNative } from './native-ort.ts'

/** What Bun brings to run models: GPUs through Dawn, native code. */
export const executorDeps: ExecutorDeps = { installGpu, loadNative }

export { folderStore, openInput, pathError, sizeOf, sourceName } from './files.ts'
export { gunzip } from './gunzip.ts'
