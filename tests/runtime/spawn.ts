import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

export type Runtime = 'bun' | 'deno'

const root = resolve(import.meta.dir, '../..')

const commands: Record<Runtime, string[]> = {
  bun: [process.execPath],
  deno: [
    process.execPath,
    join(root, 'node_modules/deno/bin.cjs'),
    'run',
    '--allow-all',
    '--no-check',
    '--quiet',
    '--unstable-webgpu',
  ],
}

/** Vulkan in software: comes with Debian's package chromium, its loader with libvulkan1. */
const DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json'

/** Lets WebGPU run without a GPU where that driver is installed and no other is asked for. */
const softwareGpu = (): Record<string, string> =>
  existsSync(DRIVER) && process.env.VK_DRIVER_FILES === undefined
    ? { VK_DRIVER_FILES: DRIVER, VK_ICD_FILENAMES: DRIVER }
    : {}

export interface SpawnResult<T> {
  /** The JSON lines of stdout. */
  lines: T[]
  /** Exit code and what was written to stderr, for the message of a failed test. */
  code: number
  errors: string
}

/**
 * Runs a script of the project, given by its path from the root, in a fresh process of the runtime
 * and gives the JSON objects that it prints, one a line. The process is killed after `seconds`.
 */
export const spawnScript = async <T>(
  runtime: Runtime,
  script: string,
  args: readonly string[],
  seconds = 120,
): Promise<SpawnResult<T>> => {
  const child = Bun.spawn([...commands[runtime], join(root, script), ...args], {
    cwd: root,
    env: { ...process.env, ...softwareGpu() },
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: seconds * 1000,
    killSignal: 'SIGKILL',
  })
  const [out, errors, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  const lines = out.split('\n').filter(line => line.startsWith('{'))
  return { lines: lines.map(line => JSON.parse(line) as T), code, errors }
}
