import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { LogbertError } from '../core/errors.ts'

/** Name kept out of sight of type checker and bundler: the package is optional. */
const DAWN: string = 'webgpu'

interface DawnModule {
  create(flags: string[]): unknown
  globals: Record<string, unknown>
}

/** Where the Vulkan loader looks for drivers, beside what the environment names. */
const DRIVER_FOLDERS = [
  ...['/etc', '/usr/share', '/usr/local/etc', '/usr/local/share'],
  join(process.env.HOME ?? '/', '.local/share'),
]

/** Whether there may be a GPU driver; only Linux tells. Without one Dawn complains on stderr. */
const mayHaveDriver = (): boolean => {
  const { VK_DRIVER_FILES, VK_ICD_FILENAMES, VK_ADD_DRIVER_FILES } = process.env
  if (process.platform !== 'linux') return true
  if (VK_DRIVER_FILES ?? VK_ICD_FILENAMES ?? VK_ADD_DRIVER_FILES) return true
  return DRIVER_FOLDERS.some(folder => {
    try {
      return readdirSync(join(folder, 'vulkan/icd.d')).length > 0
    } catch {
      return false
    }
  })
}

/**
 * Puts Dawn (npm `webgpu`) in place as `navigator.gpu`, once. Throws BACKEND_ABSENT without it or
 * without a driver.
 */
export const installGpu = async (): Promise<void> => {
  if ('gpu' in navigator) return
  if (!mayHaveDriver()) {
    throw new LogbertError(
      'BACKEND_ABSENT',
      'the webgpu backend cannot start: there is no Vulkan driver in vulkan/icd.d: install the ' +
        "GPU's driver, or name one with VK_DRIVER_FILES",
    )
  }
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
