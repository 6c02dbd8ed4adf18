import { createRequire } from 'node:module'
import { LogbertError } from '../core/errors.ts'
import type { OrtModule } from '../core/exec/ort.ts'

/** Name kept out of sight of type checker and bundler: the package is optional. */
const NATIVE: string = 'onnxruntime-node'

const absent = (cause: unknown): LogbertError =>
  new LogbertError(
    'BACKEND_ABSENT',
    'the native backend cannot start: the package onnxruntime-node does not load: ' +
      'run `ONNXRUNTIME_NODE_INSTALL=skip bun add --no-save onnxruntime-node@1.30.0`',
    { cause },
  )

/** Loads onnxruntime-node where it is installed; throws BACKEND_ABSENT with how to get it. */
export const loadNative = async (): Promise<OrtModule> => {
  try {
    // Resolved as a file, so that a bundler leaves it alone and Deno does not ask its registry.
    const file = createRequire(import.meta.url).resolve(NATIVE)
    const loaded = (await import(file)) as OrtModule & { default?: OrtModule }
    return loaded.default ?? loaded
  } catch (cause) {
    throw absent(cause)
  }
}
