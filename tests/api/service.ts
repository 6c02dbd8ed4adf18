import { afterAll } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApp } from '../../src/api/app.ts'
import { NO_TOKENS } from '../../src/api/auth.ts'
import type { AppDeps } from '../../src/api/deps.ts'
import { createEventFeed, type FeedOptions } from '../../src/api/event-feed.ts'
import { createMetrics } from '../../src/api/metrics.ts'
import { createEmbeddedBus, type EmbeddedBusOptions } from '../../src/bus/embedded.ts'
import { openDatabase } from '../../src/db/open.ts'
import type { NarratorHooks } from '../../src/llm/narrator.ts'
import { countWords } from '../../src/serve/causes/count-words.ts'
import { createDecisions } from '../../src/serve/decisions.ts'
import { createPage } from '../../src/serve/page.ts'
import { createBoomPipeline } from './boom.ts'
import { createModels } from './models.ts'
import { checkAnswer } from './promises.ts'
import { createWaitingTrainer } from './trainer.ts'

export interface ServiceOptions {
  limits?: Partial<AppDeps['limits']>
  auth?: Partial<AppDeps['auth']>
  feed?: FeedOptions
  bus?: Partial<EmbeddedBusOptions>
  narrator?(hooks: NarratorHooks): AppDeps['narrate']
}

const GROUP = 'pipeline'

/**
 * The whole interface on a real database and bus; a rule stands for the model, and training jobs
 * wait. Every answer that is read by `json` is held against what the OpenAPI document promises.
 */
export const openService = async (options: ServiceOptions = {}) => {
  const folder = mkdtempSync(join(tmpdir(), 'logbert-api-'))
  const db = openDatabase(join(folder, 'logbert.db'))
  const bus = createEmbeddedBus({ file: join(folder, 'bus.db'), ...options.bus })
  const metrics = createMetrics()
  const feed = createEventFeed(db.events, {
    heartbeatMs: 50,
    ...options.feed,
  })
  const pipeline = await createBoomPipeline({ bus, db, feed, metrics, group: GROUP })
  const { trainer, asked } = createWaitingTrainer(db)
  const models = await createModels()
  const narrate = options.narrator?.(countWords(metrics, () => undefined))
  const { registry } = models
  pipeline.version = models.latest
  const deps: AppDeps = {
    limits: {
      maxBodyBytes: 1 << 20,
      maxUploadBytes: 10_000,
      maxBatchLines: 10_000,
      maxLine: 1000,
      maxClients: 2000,
      heartbeatSeconds: 0.05,
      ...options.limits,
    },
    auth: { ...NO_TOKENS, ...options.auth },
    metrics,
    db,
    bus,
    group: GROUP,
    pipeline,
    registry,
    modelName: 'default',
    async serveLatest() {
      pipeline.version = await registry.resolve('default', 'latest')
    },
    trainer,
    feed,
    decisions: createDecisions({ db, pipeline, publish: feed.publish }),
    ...(narrate && { narrate }),
    asset: createPage(),
  }
  const app = createApp(deps)
  const close = async (): Promise<void> => {
    feed.close()
    await pipeline.close()
    await bus.close()
    db.close()
    rmSync(folder, { recursive: true, force: true })
  }
  afterAll(close)

  const send = (method: string, path: string, init: RequestInit = {}) =>
    app.request(path, { ...init, method })
  const withBody =
    (method: string) =>
    (path: string, body?: unknown, type = 'application/json') =>
      send(method, path, {
        headers: { 'content-type': type },
        ...(body !== undefined &&
          ({
            body:
              typeof body === 'string' || ArrayBuffer.isView(body) ? body : JSON.stringify(body),
          } as RequestInit)),
      })
  return {
    ...{ app, db, bus, feed, metrics, pipeline, registry, models, asked, deps, folder },
    get: (path: string, headers: Record<string, string> = {}) => send('GET', path, { headers }),
    post: withBody('POST'),
    patch: withBody('PATCH'),
    delete: (path: string) => send('DELETE', path),
    /** The JSON of an answer, with a status that the document knows and the shape that it promises. */
    // biome-ignore lint/suspicious/noExplicitAny: tests look at any part of an answer
    json: async <T = any>(
      answer: Response | Promise<Response>,
      method: string,
      path: string,
      status = 200,
    ): Promise<T> => {
      const response = await answer
      const body = await response.json()
      if (response.status !== status) {
        throw new Error(`${response.status} and not ${status}: ${JSON.stringify(body)}`)
      }
      await checkAnswer(app, method, path, response, body)
      return body as T
    },
    metric: async (name: string): Promise<number> => {
      const text = await (await app.request('/metrics')).text()
      const line = text.split('\n').find(each => each.startsWith(`${name} `))
      return Number(line?.slice(name.length + 1) ?? 0)
    },
  }
}

export type Service = Awaited<ReturnType<typeof openService>>

interface Problem {
  status: number
  title: string
  detail: string
  errors?: { pointer: string; detail: string }[]
}

/** The problem that a request is refused with. */
export const refusal = async (answer: Response | Promise<Response>): Promise<Problem> => {
  const response = await answer
  const text = await response.text()
  if (response.headers.get('content-type') !== 'application/problem+json') {
    throw new Error(`expected a problem, got ${response.status} ${text}`)
  }
  const problem = JSON.parse(text) as Problem
  if (problem.status !== response.status) throw new Error(`two statuses: ${text}`)
  return problem
}

export const pointers = ({ errors = [] }: Problem): string[] =>
  errors.map(fault => fault.pointer).sort()
