import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A page in a headless Chromium, steered over the DevTools protocol. */
export interface BrowserPage {
  /** Value of an expression in the page; undefined where the page left while it was asked. */
  evaluate<T>(expression: string): Promise<T>
  /** Resolves when the expression is true, in whatever page has come by then. */
  until(expression: string): Promise<void>
  screenshot(): Promise<Uint8Array>
  /** What the page logged as error or threw, refusals of its security policy included. */
  readonly faults: string[]
  close(): Promise<void>
}

/** Why browser tests cannot run here; an error where everything must be there. */
export const withoutBrowser = (): string | undefined => {
  if (Bun.which('chromium') !== null) return undefined
  const reason = 'chromium is absent: apt-get install chromium'
  if (process.env.LOGBERT_REQUIRE_SERVICES === '1') throw new Error(reason)
  return reason
}

export const openPage = async (url: string): Promise<BrowserPage> => {
  const profile = mkdtempSync(join(tmpdir(), 'logbert-chromium-'))
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage']
  const child = Bun.spawn(
    [
      'chromium',
      ...flags,
      '--hide-scrollbars',
      '--window-size=1200,900',
      '--remote-debugging-port=0',
      `--user-data-dir=${profile}`,
      'about:blank',
    ],
    { stdout: 'ignore', stderr: 'pipe' },
  )
  const port = await debuggingPort(child.stderr)
  const targets = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as {
    type: string
    webSocketDebuggerUrl: string
  }[]
  const target = targets.find(each => each.type === 'page')!
  const faults: string[] = []
  const send = await connect(target.webSocketDebuggerUrl, faults)
  for (const domain of ['Runtime', 'Log', 'Page']) await send(`${domain}.enable`)
  await send('Page.navigate', { url })
  const evaluate = async <T>(expression: string): Promise<T> => {
    const answer = await send('Runtime.evaluate', { expression, returnByValue: true })
    return (answer.result as { value: T } | undefined)?.value as T
  }
  return {
    evaluate,
    faults,
    async until(expression) {
      while ((await evaluate(`Boolean(${expression})`)) !== true) await Bun.sleep(20)
    },
    async screenshot() {
      const { data } = await send('Page.captureScreenshot', { format: 'png' })
      return Buffer.from(data as string, 'base64')
    },
    async close() {
      child.kill()
      await child.exited
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

const debuggingPort = async (stderr: ReadableStream<Uint8Array>): Promise<string> => {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of stderr) {
    text += decoder.decode(chunk, { stream: true })
    const port = /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1]
    if (port !== undefined) return port
  }
  throw new Error(`chromium did not start: ${text}`)
}

type Send = (method: string, params?: Record<string, unknown>) => Promise<Record<string, unknown>>

interface Message {
  id?: number
  method?: string
  params?: { entry?: { level: string; text: string }; exceptionDetails?: { text: string } }
  result?: Record<string, unknown>
  error?: { message: string }
}

/** What the browser answers when the page that was asked is gone, by a reload for one. */
const LEFT = /navigated|context/

const connect = async (url: string, faults: string[]): Promise<Send> => {
  const socket = new WebSocket(url)
  const waiting = new Map<number, PromiseWithResolvers<Record<string, unknown>>>()
  let next = 1
  await new Promise(resolve => {
    socket.onopen = resolve
  })
  socket.onmessage = ({ data }) => {
    const { id, method, params, result = {}, error } = JSON.parse(data as string) as Message
    if (id !== undefined) {
      if (error === undefined || LEFT.test(error.message)) waiting.get(id)?.resolve(result)
      else waiting.get(id)?.reject(new Error(`the browser refuses: ${error.message}`))
      waiting.delete(id)
    }
    if (method === 'Log.entryAdded' && params?.entry?.level === 'error') {
      faults.push(params.entry.text)
    }
    if (method === 'Runtime.exceptionThrown') faults.push(params?.exceptionDetails?.text ?? '')
  }
  return (method, params = {}) => {
    const id = next++
    const answer = Promise.withResolvers<Record<string, unknown>>()
    waiting.set(id, answer)
    socket.send(JSON.stringify({ id, method, params }))
    return answer.promise
  }
}
