import type { Inference, PipelineStats, TemplateRow } from '../../api/deps.ts'
import { LogbertError } from '../../core/errors.ts'
import type { Bundle } from '../../core/store/bundle.ts'
import type { Registry } from '../../core/store/registry.ts'
import type { LogLine } from '../../core/types.ts'
import type { Told } from './protocol.ts'
import { type Run, type RunDeps, startRun } from './run.ts'
import { loadIfThere, type ModelName, sameModel, wantedModel, wordsOf } from './served.ts'
import { createTally } from './tally.ts'

const STATS_MS = 250
/** How often it is looked whether another version is to be served. */
const POLL_MS = 5_000
const RETRY_MS = [250, 1_000, 5_000, 15_000]
/** Attempts at a batch before its lines are tried one by one, and at one line before it is left out. */
const ATTEMPTS = 3
const SLICE = 2_000

export interface PipelineDeps extends Omit<RunDeps, 'tally' | 'stored'> {
  registry: Registry
  tell(told: Told): void
}

/** The detector at work: from the bus to the database, until it is stopped. */
export interface Pipeline {
  infer(lines: readonly LogLine[]): Promise<Inference>
  templates(): TemplateRow[]
  /** What people decided or promoted since is in effect when it resolves. */
  refresh(): Promise<void>
  /** Finishes the batch at hand and saves everything. */
  stop(): Promise<void>
}

/**
 * Starts the loop. It never ends by a fault: it tells of it, and goes on from what was saved last. A
 * line on which scoring fails again and again is left out, counted, and put on the dead-letter topic.
 */
export const startPipeline = (deps: PipelineDeps): Pipeline => {
  const { config, registry, engine, db, tell } = deps
  const tally = createTally()
  let run: Run | undefined
  let served: Bundle | undefined
  let running = true
  let faults = 0
  /** A batch on which scoring failed: attempts at it so far. */
  let failing: { from: number; until: number; attempts: number } | undefined
  const poison = new Set<number>()
  let polled = Number.NEGATIVE_INFINITY
  let bad: ModelName | undefined
  /** Whether it was told that there is no model. */
  let alone = false
  let told = { at: 0, lines: 0 }
  let anomalies = 0
  let suppressed = 0
  const refreshing: { resolve(): void; reject(error: unknown): void }[] = []

  /** Another model than before is served: an event, too. */
  const sayModel = (model: ModelName): void => {
    tell({ type: 'model', model })
    tell({ type: 'stored', upTo: db.events.add({ type: 'model', data: JSON.stringify(model) }) })
  }
  const isServed = (): ModelName | undefined => run?.stream.model

  const open = async (): Promise<void> => {
    const saved = db.pipeline.checkpoint()
    const before = saved && (await loadIfThere(registry, saved.model))
    const bundle = before ?? (await loadLatest())
    if (bundle === undefined) {
      if (!alone) tell({ type: 'model', model: null })
      alone = true
      return
    }
    alone = false
    const stored = (upTo: number): void => tell({ type: 'stored', upTo })
    run = await startRun(bundle, { ...deps, tally, stored })
    for (const offset of poison) run.skip(offset)
    served = bundle
    if (saved === undefined || !sameModel(saved.model, run.stream.model)) sayModel(run.stream.model)
    else tell({ type: 'model', model: run.stream.model })
    tell({ type: 'ready' })
  }
  /** Where the latest version is damaged, the one before it is better than none. */
  const loadLatest = async (): Promise<Bundle | undefined> => {
    const wanted = await wantedModel(registry, config.model.name)
    if (wanted === undefined) return undefined
    try {
      return await registry.load(wanted.name, wanted.version)
    } catch (error) {
      tally.badModel()
      const previous = await registry.resolve(wanted.name, 'previous')
      if (previous === undefined) throw error
      const text = `${wordsOf(error)}; ${wanted.name}@${previous} is served instead`
      tell({ type: 'note', text })
      bad = wanted
      return registry.load(wanted.name, previous)
    }
  }
  /** Serves what `latest` names, if that is another version; a damaged one leaves the old one. */
  const followLatest = async (force: boolean): Promise<void> => {
    if (run === undefined || run.reader.replaying) return
    if (!force && performance.now() - polled < POLL_MS) return
    polled = performance.now()
    const wanted = await wantedModel(registry, config.model.name)
    if (wanted === undefined || sameModel(wanted, isServed())) return
    if (!force && sameModel(wanted, bad)) return
    try {
      const bundle = await registry.load(wanted.name, wanted.version)
      await run.use(bundle)
      served = bundle
      bad = undefined
    } catch (error) {
      bad = wanted
      tally.badModel()
      const old = isServed()
      tell({
        type: 'note',
        text: `serving ${wanted.name}@${wanted.version} failed, ${old?.name}@${old?.version} goes on: ${wordsOf(error)}`,
      })
      if (force) throw error
      return
    }
    await run.checkpoint()
    sayModel(run.stream.model)
  }
  const answerRefreshes = async (): Promise<void> => {
    if (refreshing.length === 0 || run?.reader.replaying === true) return
    const asked = refreshing.splice(0)
    try {
      await run?.refresh()
      await followLatest(true)
      for (const { resolve } of asked) resolve()
    } catch (error) {
      for (const { reject } of asked) reject(error)
    }
  }
  const tellStats = async (): Promise<void> => {
    const now = performance.now()
    if (now - told.at < STATS_MS) return
    const counts = tally.take()
    for (const count of Object.values(counts.kinds)) anomalies += count
    suppressed += counts.suppressed
    tell({ type: 'stats', stats: await statsNow(now), counts })
    told = { at: now, lines: run?.stream.stats.lines ?? 0 }
  }
  const statsNow = async (now: number): Promise<PipelineStats> => {
    const stats = run?.stream.stats
    const seconds = (now - told.at) / 1000
    return {
      lines: stats?.lines ?? 0,
      sessions: stats?.sessions ?? 0,
      ...{ anomalies, suppressed },
      linesPerSecond: Math.max(0, Math.round(((stats?.lines ?? 0) - told.lines) / seconds)),
      openSessions: stats?.open ?? 0,
      heldEvents: stats?.held ?? 0,
      sources: stats?.sources ?? 0,
      templates: stats?.templates ?? 0,
      unseenTemplates: stats?.unseen ?? 0,
      lag: (await run?.reader.behind()) ?? 0,
      lateLines: stats?.late ?? 0,
      cutLines: stats?.cut ?? 0,
      evicted: stats?.evicted ?? 0,
      cacheHits: stats?.hits ?? 0,
      cacheMisses: stats?.misses ?? 0,
      checkpoints: run?.checkpoints ?? 0,
    }
  }
  /** Reads on; a batch that failed is tried whole, then line by line. */
  const step = async (): Promise<void> => {
    const { reader } = run!
    const from = reader.position
    const single = failing !== undefined && failing.attempts >= ATTEMPTS && from >= failing.from
    try {
      await run!.step(single ? 1 : undefined)
      if (failing !== undefined && reader.position >= failing.until) failing = undefined
    } catch (error) {
      if (reader.position > from) {
        const attempts = failing?.from === from ? failing.attempts + 1 : 1
        if (single && reader.position === from + 1) poison.add(from)
        else failing = { from, until: reader.position, attempts }
      }
      throw error
    }
  }
  const turn = async (): Promise<void> => {
    if (run === undefined) {
      await open()
      if (run === undefined) await pause(100)
    } else {
      await step()
      if (run.reader.position > (failing?.until ?? 0)) faults = 0
      await followLatest(false)
    }
    await answerRefreshes()
    await tellStats()
  }
  const recover = async (error: unknown): Promise<void> => {
    tell({ type: 'trouble', message: wordsOf(error) })
    for (const { reject } of refreshing.splice(0)) reject(error)
    await run?.close().catch(() => undefined)
    run = undefined
    // Looking for one bad line takes many turns: only what does not come from lines waits longer.
    const wait = RETRY_MS[Math.min(failing === undefined ? faults : 0, RETRY_MS.length - 1)]!
    faults++
    await pause(wait)
  }
  const pause = (ms: number): Promise<void> =>
    new Promise(resolve => setTimeout(resolve, running ? ms : 0))
  const loop = async (): Promise<void> => {
    while (running) {
      await turn().catch(recover)
      // Questions get their turn between batches.
      await new Promise(resolve => setImmediate(resolve))
    }
    for (const { reject } of refreshing.splice(0)) reject(stopped())
    await run?.checkpoint()
    await run?.close()
  }
  const done = loop()
  return {
    async infer(lines) {
      if (served === undefined) throw noModel()
      const { drift } = config.detect
      const model = await engine.open(served, { drift, backend: config.train.backend })
      const found: Inference = { model: model.model, verdicts: [], anomalies: [] }
      const add = ({
        verdicts,
        anomalies: odd,
      }: Pick<Inference, 'verdicts' | 'anomalies'>): void => {
        found.verdicts = found.verdicts.concat(verdicts)
        found.anomalies = found.anomalies.concat(odd)
      }
      for (let at = 0; at < lines.length; at += SLICE) {
        add(await model.feed(lines.slice(at, at + SLICE)))
        await new Promise(resolve => setImmediate(resolve))
      }
      add(await model.flush())
      return found
    },
    templates: () =>
      (run?.stream.templates() ?? []).map(({ last, ...use }) => ({
        ...use,
        ...(last !== undefined && { lastSeen: last }),
      })),
    refresh: () =>
      new Promise((resolve, reject) => {
        if (running) refreshing.push({ resolve, reject })
        else reject(stopped())
      }),
    async stop() {
      running = false
      await done
    },
  }
}

const noModel = (): LogbertError =>
  new LogbertError(
    'BAD_BUNDLE',
    'scoring failed: there is no trained model yet; POST /train with {"file": …} first',
  )

const stopped = (): LogbertError =>
  new LogbertError('CANCELLED', 'the server stops; ask it again when it runs')
