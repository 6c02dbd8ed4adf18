import { resolve } from 'node:path'

export const cliPath = resolve(import.meta.dir, '../../src/cli.ts')

export interface Outcome {
  code: number
  out: string
  err: string
  /** Every line of stdout as JSON; throws when one is none. */
  records: <T = Record<string, unknown>>() => T[]
}

/** Runs the real command line in a process of its own. */
export const logbert = async (
  args: string[],
  options: { input?: string | Uint8Array; cwd?: string; env?: Record<string, string> } = {},
): Promise<Outcome> => {
  const { input = '', cwd } = options
  const child = Bun.spawn([process.execPath, cliPath, ...args], {
    stdin: typeof input === 'string' ? new TextEncoder().encode(input) : input,
    stdout: 'pipe',
    stderr: 'pipe',
    env: { ...process.env, ...options.env },
    ...(cwd !== undefined && { cwd }),
  })
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  const records = <T>(): T[] =>
    out
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as T)
  return { code, out, err, records }
}
