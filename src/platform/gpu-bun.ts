import { LogbertError } from '../core/errors.ts'

/** Name kept out of sight of type checker and bundler: the package is optional. */
const DAWN: string = 'webgpu'

interface DawnModule {
  create(flags: string[]): unknown
  globals: Record<string, unknown>
}

/** Puts Dawn (npm `webgpu`) in place as `navigator.gpu`, once. Throws BACKEND_ABSENT without it. */
export const installGpu = async (): Promise<void> => {
  if ('gpu' in navigator) return
  const dawn = (await import(DAWN).catch((cause: unknown) => {
    throw new LogbertError(
      'BACKEND_ABSENT',
      'the webgpu backend cannot start: the package webgpu does not load: ' +
        'run `bun add --optional webgpu`',
      { cause },
    )
  })) as DawnModule
  Object.assign(globalThis, dawn.globals)
  Object.defineProperty(navigator, 'gpu', { value: dawn.create([]), configurable: true })
}
