import { createApp } from '../api/app.ts'
import type { Detector, TrainRequest } from '../api/deps.ts'
import { createEventRing } from '../api/event-ring.ts'
import { createMetrics } from '../api/metrics.ts'
import type { Config } from '../config.ts'
import { LogbertError } from '../core/errors.ts'
import { type Bundle, listBundles, loadBundle } from '../core/store/bundle.ts'
import { folderStore } from '../platform/files.ts'
import { createLineQueue, type LineQueue } from './line-queue.ts'
import { startLive } from './live.ts'
import { createPage } from './page.ts'
import { createTrainJobs } from './train-jobs.ts'

export interface ServerDeps {
  /** A detector of this bundle without history. `live`: sessions end by silence. */
  openDetector(bundle: Bundle, live: boolean): Promise<Detector>
  /** A fresh training worker. */
  spawnTrainer(): Worker
  /** What the worker is sent for a request. */
  task(request: TrainRequest): unknown
  /** For notes and faults; stderr. */
  note(text: string): void
}

export interface RunningServer {
  /** `http://127.0.0.1:PORT`. */
  url: string
  queue: LineQueue
  /** Serves this bundle from the next line on. */
  use(bundle: Bundle): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts everything that serves: queue, detector, training jobs, HTTP.
 * @throws LogbertError BAD_CONFIG when the port cannot be had, BAD_BUNDLE when the model is damaged.
 */
export const startServer = async (config: Config, deps: ServerDeps): Promise<RunningServer> => {
  const { server, paths, model } = config
  const store = folderStore(paths.models)
  const metrics = createMetrics()
  const events = createEventRing(server.keptEvents, Date.now().toString(36))
  const queue = createLineQueue(server.maxQueuedLines)
  const fail = (error: unknown): void =>
    deps.note(`scoring failed: ${error instanceof Error ? error.message : error}`)
  const live = startLive({ queue, events, metrics, fail })
  let bundle: Bundle | undefined
  const use = async (given: Bundle): Promise<void> => {
    live.use(await deps.openDetector(given, true))
    bundle = given
  }
  const known = (await listBundles(store)).some(entry => entry.name === model.name)
  if (known) await use(await loadBundle(store, model.name))
  const trainer = createTrainJobs({
    events,
    metrics,
    data: paths.data,
    maxUploadBytes: server.maxUploadBytes,
    spawn: deps.spawnTrainer,
    task: deps.task,
    published: async (name, version) => {
      if (name !== model.name) return
      await loadBundle(store, name, version).then(use)
    },
  })
  const app = createApp({
    limits: { ...server, maxLine: config.input.maxLine },
    trainDefaults: {
      name: model.name,
      format: 'auto',
      session: config.session.key,
      ...(config.session.window !== 'auto' && { window: config.session.window }),
      budget: config.detect.budget,
      seed: config.train.seed,
      epochs: config.train.epochs,
    },
    metrics,
    events,
    sink: queue,
    trainer,
    model: () => live.model,
    openDetector: async () => (bundle === undefined ? undefined : deps.openDetector(bundle, false)),
    asset: createPage(),
    ...(isLoopback(server.host) && { hosts: ['127.0.0.1', 'localhost', '[::1]'] }),
  })
  const listening = listen(config, app.fetch)
  return {
    url: `http://${server.host.includes(':') ? `[${server.host}]` : server.host}:${listening.port}`,
    queue,
    use,
    async stop() {
      trainer.stop()
      await listening.stop(true)
      await live.stop()
    },
  }
}

const isLoopback = (host: string): boolean => /^(127\.|localhost$|::1$)/.test(host)

const listen = (
  { server }: Config,
  fetch: (request: Request) => Response | Promise<Response>,
): { port: number | undefined; stop(force: boolean): Promise<void> } => {
  try {
    return Bun.serve({
      hostname: server.host,
      port: server.port,
      // Quiet SSE streams stay open.
      idleTimeout: 0,
      // Each route counts what it reads and answers with problem details.
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      fetch: request => fetch(request),
    })
  } catch (cause) {
    throw new LogbertError(
      'BAD_CONFIG',
      `listening on ${server.host}:${server.port} failed: ` +
        `${cause instanceof Error ? cause.message : cause}; use another port (0 picks a free one)`,
      { cause },
    )
  }
}
