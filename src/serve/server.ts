import { createApp } from '../api/app.ts'
import type { AuthTokens } from '../api/auth.ts'
import type { Narrate, PipelineHandle } from '../api/deps.ts'
import { createEventFeed } from '../api/event-feed.ts'
import { createMetrics } from '../api/metrics.ts'
import type { BusMessage } from '../bus/bus.ts'
import { TOPICS } from '../bus/bus.ts'
import type { Config } from '../config.ts'
import { createRegistry } from '../core/store/registry.ts'
import type { StoredReport } from '../db/database.ts'
import { openDatabase } from '../db/open.ts'
import type { NarratorHooks } from '../llm/narrator.ts'
import { lookIntoIncidents } from './causes/auto.ts'
import { countWords } from './causes/count-words.ts'
import { createCauseFinder } from './causes/finder.ts'
import { countDamaged } from './count-damaged.ts'
import { dataFiles, lockData } from './data-folder.ts'
import { countKafka } from './kafka/count-kafka.ts'
import { listen } from './listen.ts'
import { modelPlace, modelStore } from './model-store.ts'
import { createPage } from './page.ts'
import { createPipelineWorker } from './pipeline/handle.ts'
import { wordsOf } from './pipeline/served.ts'
import { embeddedSite, type Site, type SiteDeps } from './site.ts'
import { createTrainJobs } from './train-jobs.ts'
import type { TrainDefaults } from './train-request.ts'

export interface ServerDeps {
  /** A fresh thread for the pipeline. */
  spawnPipeline(): Worker
  /** A fresh thread that looks for causes; nobody does when absent. */
  spawnCauses?(): Worker
  auth: AuthTokens
  /** Who puts root causes in words, and tells these what it does; undefined where nobody does. */
  narrator?(hooks: NarratorHooks): Narrate | undefined
  /** For notes and faults; stderr. */
  note(text: string): void
}

export interface RunningServer {
  /** `http://127.0.0.1:PORT`. */
  url: string
  /** Puts lines on the bus. */
  publish(lines: readonly BusMessage[]): Promise<void>
  /** Finishes what is in flight; sessions that are open go on after the next start. */
  stop(): Promise<void>
}

const STATS_MS = 2_000

/**
 * Starts everything that serves: bus, database, pipeline, training jobs, HTTP. Resolves when lines
 * are read, or would be if there were a model.
 * @throws LogbertError BAD_CONFIG when port or data folder cannot be had
 */
export const startServer = async (config: Config, deps: ServerDeps): Promise<RunningServer> => {
  const ends: (() => void | Promise<void>)[] = []
  /** The other way round than it was begun, and to the end, whatever fails. */
  const stop = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) {
      try {
        await end()
      } catch (error) {
        deps.note(`stopping in order failed: ${wordsOf(error)}`)
      }
    }
  }
  try {
    return await open(config, deps, ends, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

const open = async (
  config: Config,
  deps: ServerDeps,
  ends: (() => void | Promise<void>)[],
  stop: () => Promise<void>,
): Promise<RunningServer> => {
  const { server, paths } = config
  ends.push(lockData(config))
  const files = dataFiles(config)
  const db = openDatabase(files.database)
  ends.push(() => db.close())
  const metrics = createMetrics()
  const models = createRegistry(modelStore(config))
  const registry = countDamaged(models, () => metrics.badModels.inc())
  registry
    .sweep()
    .catch(error => deps.note(`removing half-written models failed: ${wordsOf(error)}`))
  const feed = createEventFeed(db.events, {
    kept: server.keptEvents,
    heartbeatMs: 1000 * server.heartbeatSeconds,
  })
  const pipeline = createPipelineWorker(config, {
    spawn: deps.spawnPipeline,
    stored: () => feed.advance(),
    counted: counts => metrics.count(counts),
    serves: model => feed.publish({ type: 'model', data: JSON.stringify(model) }),
    kafka: event => countKafka(metrics, event),
    note: deps.note,
  })
  ends.push(() => pipeline.stop())
  const shared = { config, db, feed, pipeline, note: deps.note }
  const site = config.bus.driver === 'kafka' ? await kafkaNode(shared) : embeddedSite(shared)
  ends.push(() => site.close())
  const { bus, decisions } = site
  const trainer = await createTrainJobs({
    ...{ db, registry, metrics, note: deps.note },
    ...{
      data: paths.data,
      ...modelPlace(config),
      bus: config.bus.driver === 'kafka' ? config.kafka : files.bus,
    },
    maxLine: config.input.maxLine,
    defaults: trainDefaults(config),
    limits: { waiting: config.train.maxWaiting, uploadBytes: server.maxUploadBytes },
    tell: (job, what) => {
      if (what === 'state') feed.publish({ type: 'train', data: JSON.stringify(job) })
      else feed.transient('train', job)
    },
    promoted: name => (name === config.model.name ? pipeline.refresh() : Promise.resolve()),
  })
  ends.push(() => trainer.stop())
  const causes =
    deps.spawnCauses &&
    createCauseFinder({
      ...{ spawn: deps.spawnCauses, place: modelPlace(config), model: pipeline.model },
      context: anomalies => site.context(anomalies),
      note: deps.note,
    })
  ends.push(() => causes?.close())
  const shareReport = (report: StoredReport): Promise<void> =>
    bus.publish(TOPICS.rca, [
      {
        text: JSON.stringify(report),
        source: 'logbert',
        arrived: Date.now(),
        key: report.incident ?? report.anomaly ?? report.id,
      },
    ])
  const narrate = deps.narrator?.(countWords(metrics, deps.note))
  const reporting = {
    ...{ db, feed, metrics, shareReport },
    ...(causes && { causes }),
    ...(narrate && { narrate }),
  }
  if (config.role !== 'worker') {
    ends.push(lookIntoIncidents(config.rca.auto, reporting, deps.note))
  }
  const app = createApp({
    limits: { ...server, maxLine: config.input.maxLine },
    auth: deps.auth,
    ...reporting,
    ...{ bus, registry, trainer, decisions },
    pipeline: seenWith(site, pipeline),
    group: site.group,
    modelName: config.model.name,
    statusOnly: config.role === 'worker',
    ...(site.sortedLag && { sortedLag: site.sortedLag }),
    serveLatest: () => pipeline.refresh(),
    asset: createPage(),
  })
  const telling = setInterval(() => feed.transient('stats', pipeline.stats()), STATS_MS)
  ends.push(() => clearInterval(telling))
  const clients = async (): Promise<number> => (await metrics.clients.get()).values[0]?.value ?? 0
  const listening = listen(config, app.fetch, clients)
  ends.push(() => listening.stop())
  ends.push(() => feed.close())
  await pipeline.started
  return {
    url: `http://${server.host.includes(':') ? `[${server.host}]` : server.host}:${listening.port}`,
    publish: lines => bus.publish(TOPICS.input, lines),
    stop,
  }
}

/** Loaded where it is wanted only: a start without Kafka need not wait for its client. */
const kafkaNode = async (deps: SiteDeps): Promise<Site> => {
  const { kafkaSite } = await import('./kafka/kafka-site.ts')
  return kafkaSite(deps)
}

/** The pipeline as people see it: with what this node does with its findings. */
const seenWith = (site: Site, pipeline: PipelineHandle): PipelineHandle => ({
  ...pipeline,
  trouble: () => pipeline.trouble() ?? site.trouble(),
  stats() {
    const stats = pipeline.stats()
    return { ...stats, suppressed: stats.suppressed + site.suppressed() }
  },
})

const trainDefaults = ({ model, input, session, detect, train }: Config): TrainDefaults => ({
  name: model.name,
  session: session.key,
  ...(session.window !== 'auto' && { window: { by: 'count', size: session.window } }),
  ...(session.idleSeconds !== 'auto' && { idleSeconds: session.idleSeconds }),
  budget: detect.budget,
  ...{ seed: train.seed, epochs: train.epochs, backend: train.backend, holdout: train.holdout },
  ...(input.header !== 'auto' && { header: input.header }),
  ...(input.timeZone !== 'UTC' && { timeZone: input.timeZone }),
  ...(input.masks.length > 0 && { masks: input.masks }),
})
