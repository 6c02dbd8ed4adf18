import { resolve } from 'node:path'

const MAIN = resolve(import.meta.dir, '../../src/main.ts')

export interface Program {
  child: Bun.Subprocess<'ignore', 'pipe', 'pipe'>
  url: string
  /** Ms from its start until it was ready. */
  started: number
  /** Everything that it wrote to stderr so far. */
  said(): string
}

const running = new Set<Bun.Subprocess>()

/** Ends all programs that a test left running. */
export const killAll = (): void => {
  for (const child of running) child.kill('SIGKILL')
  running.clear()
}

export interface Place {
  data: string
  models: string
  env?: Record<string, string>
  args?: string[]
  /** This program when absent. */
  main?: string
}

/** Starts the real program on a free port; resolves when it says that it is ready. */
export const startProgram = async (place: Place): Promise<Program> => {
  const { data, models, env = {}, args = [], main = MAIN } = place
  const begun = performance.now()
  const child = Bun.spawn(
    [process.execPath, main, '--port', '0', '--data', data, '--models', models, ...args],
    {
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
      env: { ...process.env, LOGBERT__TRAIN__BACKEND: 'wasm', ...env },
    },
  )
  running.add(child)
  let said = ''
  const listen = async (): Promise<void> => {
    const decoder = new TextDecoder()
    for await (const chunk of child.stderr) said += decoder.decode(chunk, { stream: true })
  }
  const heard = listen()
  const { value } = await child.stdout.getReader().read()
  const url = new TextDecoder().decode(value).trim()
  if (!url.startsWith('http')) {
    await Promise.race([heard, Bun.sleep(5_000)])
    throw new Error(`the program did not start: ${said}`)
  }
  return { child, url, started: performance.now() - begun, said: () => said }
}

/** Waits until something holds; the test's own limit ends it. */
export const until = async (holds: () => boolean | Promise<boolean>, ms = 10): Promise<void> => {
  while (!(await holds())) await Bun.sleep(ms)
}
