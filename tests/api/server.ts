import type { Detection, Detector } from '../../src/api/deps.ts'
import { parseConfig } from '../../src/config.ts'
import { publishBundle } from '../../src/core/store/bundle.ts'
import type { Anomaly, LogLine } from '../../src/core/types.ts'
import { folderStore } from '../../src/platform/files.ts'
import { type RunningServer, startServer } from '../../src/serve/server.ts'

/** A rule in place of a model, so that the HTTP interface is tested by itself: `boom` is odd. */
export const createBoomDetector = (version: string): Detector => {
  let line = 0
  const odd = ({ text, source, arrived }: LogLine): Anomaly => ({
    id: `${version}-${source}-${line}`,
    at: arrived,
    firstSeen: arrived,
    lastSeen: arrived,
    source,
    session: `line ${line}`,
    kind: 'new template',
    score: 9,
    pValue: 0.0001,
    voices: [{ name: 'boom', score: 9, pValue: 0.0001 }],
    lines: [
      {
        line,
        at: arrived,
        text,
        template: text,
        templateId: -1,
        surprise: 9,
        expected: [{ templateId: 1, template: 'all is well', p: 0.9 }],
        odd: true,
      },
    ],
    missing: [],
    model: { name: 'default', version },
  })
  const none: Detection = { verdicts: [], anomalies: [] }
  return {
    model: { name: 'default', version },
    async feed(lines) {
      const anomalies: Anomaly[] = []
      for (const each of lines) {
        line++
        if (each.text.includes('boom')) anomalies.push(odd(each))
      }
      return { verdicts: [], anomalies }
    },
    quiet: async () => none,
    flush: async () => none,
  }
}

/** A worker that publishes an empty bundle, or fails when the file holds `bad`. */
const workerSource = `
self.onmessage = async ({ data }) => {
  const text = await Bun.file(data.path).text()
  if (text.includes('slow')) return
  postMessage({ type: 'progress', phase: 'learning', loss: 0.5, epoch: 1 })
  if (text.includes('bad')) postMessage({ type: 'error', code: 'BAD_INPUT', message: 'bad log' })
  else postMessage({ type: 'done', name: data.name, version: text === 'gone' ? 'gone' : 'VERSION' })
}`

export interface TestServer extends RunningServer {
  post(path: string, body: unknown, type?: string): Promise<Response>
  get(path: string, headers?: Record<string, string>): Promise<Response>
}

/** The real server on a free port, with the rule above as its model unless `model` is false. */
export const testServer = async (
  folder: string,
  options: { yaml?: string; model?: boolean } = {},
): Promise<TestServer> => {
  const config = parseConfig({ yaml: options.yaml ?? '' })
  config.server.port = 0
  config.paths = { data: `${folder}/data`, models: `${folder}/models` }
  const draft = { name: 'default', templates: {}, vocab: {}, calibration: {} }
  const store = folderStore(config.paths.models)
  const { version } = await publishBundle(store, { ...draft, training: {}, config: {} })
  if (options.model === false) config.model.name = 'absent'
  const script = URL.createObjectURL(new Blob([workerSource.replace('VERSION', version)]))
  const server = await startServer(config, {
    openDetector: async bundle => createBoomDetector(bundle.manifest.version),
    spawnTrainer: () => new Worker(script),
    task: request => request,
    note: text => console.error(text),
  })
  return {
    ...server,
    post: (path, body, type = 'application/json') =>
      fetch(`${server.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    get: (path, headers = {}) => fetch(`${server.url}${path}`, { headers }),
  }
}

export interface SseEvent {
  id: string
  event: string
  data: string
}

/** Reads SSE until `enough` says so; fails when the stream ends before. */
export const readEvents = async (
  response: Response,
  enough: (events: SseEvent[], text: string) => boolean,
): Promise<SseEvent[]> => {
  const reader = response.body!.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) throw new Error(`the stream ended after ${JSON.stringify(text)}`)
    text += decoder.decode(value, { stream: true })
    const events = text
      .split('\n\n')
      .slice(0, -1)
      .map(block => {
        const fields = block.split('\n').map(line => line.split(/: (.*)/s) as [string, string])
        return { id: '', event: '', data: '', ...Object.fromEntries(fields) } as SseEvent
      })
      .filter(event => event.event !== '')
    if (enough(events, text)) {
      await reader.cancel()
      return events
    }
  }
}
