import { LogbertError } from '../core/errors.ts'

/** Deno brings WebGPU itself; throws BACKEND_ABSENT where it was not switched on. */
export const installGpu = async (): Promise<void> => {
  if ('gpu' in navigator && navigator.gpu !== undefined) return
  throw new LogbertError(
    'BACKEND_ABSENT',
    'the webgpu backend cannot start: Deno hides it: run `deno run --unstable-webgpu …`',
  )
}
