import type { Inference, PipelineStats, TemplateRow } from '../../api/deps.ts'
import { LogbertError } from '../../core/errors.ts'
import type { Bundle } from '../../core/store/bundle.ts'
import type { Registry } from '../../core/store/registry.ts'
import type { LogLine } from '../../core/types.ts'
import type { Told } from './protocol.ts'
import { type Run, type RunDeps, ScoringError, startRun } from './run.ts'
import { type ModelName, modelsToServe, sameModel, wantedModel, wordsOf } from './served.ts'
import { createTally } from './tally.ts'

const STATS_MS = 250
/** How often it is looked whether another version is to be served. */
const POLL_MS = 5_000
const RETRY_MS = [250, 1_000, 5_000, 15_000]
/** Attempts at a batch before its lines are tried one by one; a line that fails alone is left out. */
const ATTEMPTS = 3
const SLICE = 2_000

export interface PipelineDeps extends Omit<RunDeps, 'tally' | 'poison' | 'stored' | 'note'> {
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
  /** Why lines are not read now. */
  let trouble: string | undefined
  let running = true
  const halted = Promise.withResolvers<void>()
  /** Resolves when it is known whether there is a model. */
  const looked = Promise.withResolvers<void>()
  let faults = 0
  /** A batch on which scoring failed: attempts at it so far. */
  let failing: { from: number; until: number; attempts: number } | undefined
  /** Lines that failed alone, until they are left out. */
  const poison = new Set<number>()
  let polled = Number.NEGATIVE_INFINITY
  /** Versions that could not be served: they are not tried again by themselves. */
  const bad = new Set<string>()
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
    const bundle = await loadFirst(await modelsToServe(registry, config.model.name, saved?.model))
    if (bundle === undefined) {
      if (!alone) tell({ type: 'model', model: null })
      alone = true
      return
    }
    alone = false
    const stored = (upTo: number): void => tell({ type: 'stored', upTo })
    const note = (text: string): void => tell({ type: 'note', text })
    run = await startRun(bundle, { ...deps, tally, poison, stored, note })
    served = bundle
    trouble = undefined
    if (saved === undefined || !sameModel(saved.model, run.stream.model)) sayModel(run.stream.model)
    else tell({ type: 'model', model: run.stream.model })
    tell({ type: 'ready' })
  }
  /** Where the first is damaged, the next is better than none. @throws what is wrong with the first */
  const loadFirst = async ([model, ...others]: ModelName[]): Promise<Bundle | undefined> => {
    if (model === undefined) return undefined
    try {
      return await registry.load(model.name, model.version)
    } catch (error) {
      if (!isDamaged(error)) throw error
      if (!bad.has(nameOf(model))) tally.badModel()
      bad.add(nameOf(model))
      const next = await loadFirst(others).catch(() => undefined)
      if (next === undefined) throw error
      const text = `${wordsOf(error)}; ${nameOf(next.manifest)} is served instead`
      tell({ type: 'note', text })
      return next
    }
  }
  /** Serves what `latest` names, if that is another version; a damaged one leaves the old one. */
  const followLatest = async (force: boolean): Promise<void> => {
    if (run === undefined || run.reader.replaying) return
    if (!force && performance.now() - polled < POLL_MS) return
    polled = performance.now()
    const wanted = await wantedModel(registry, config.model.name).catch(error => {
      // The model at work needs no registry: it is looked for again.
      if (force) throw error
      return undefined
    })
    if (wanted === undefined || sameModel(wanted, isServed())) return
    if (!force && bad.has(nameOf(wanted))) return
    try {
      const bundle = await registry.load(wanted.name, wanted.version)
      await run.use(bundle)
      served = bundle
      bad.delete(nameOf(wanted))
    } catch (error) {
      bad.add(nameOf(wanted))
      tally.badModel()
      const [now, old] = [nameOf(wanted), nameOf(run.stream.model)]
      tell({ type: 'note', text: `serving ${now} failed, ${old} goes on: ${wordsOf(error)}` })
      if (force) throw error
      return
    }
    try {
      await run.checkpoint()
    } catch (error) {
      // What was saved is of the old model, and goes on with it.
      await leave()
      throw error
    }
    sayModel(run.stream.model)
  }
  const answerRefreshes = async (): Promise<void> => {
    if (refreshing.length === 0 || run?.reader.replaying === true) return
    const asked = refreshing.splice(0)
    try {
      if (run === undefined) await open()
      else await run.refresh()
      await followLatest(true)
      for (const { resolve } of asked) resolve()
    } catch (error) {
      for (const { reject } of asked) reject(error)
    }
  }
  const tellStats = async (always = false): Promise<void> => {
    const now = performance.now()
    if (!always && now - told.at < STATS_MS) return
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
      if (error instanceof ScoringError && reader.position > from) {
        const attempts = failing?.from === from ? failing.attempts + 1 : 1
        if (single && error.lines === 1) poison.add(error.from)
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
  const leave = async (): Promise<void> => {
    await run?.close().catch(() => undefined)
    run = undefined
  }
  const recover = async (error: unknown): Promise<void> => {
    trouble = wordsOf(error)
    tell({ type: 'trouble', message: trouble })
    for (const { reject } of refreshing.splice(0)) reject(error)
    await leave()
    // Looking for one bad line takes many turns: only what does not come from lines waits longer.
    const wait = RETRY_MS[Math.min(failing === undefined ? faults : 0, RETRY_MS.length - 1)]!
    faults++
    await pause(wait)
  }
  /** Ends early when it is to stop. */
  const pause = (ms: number): Promise<void> =>
    Promise.race([halted.promise, new Promise<void>(resolve => setTimeout(resolve, ms))])
  const loop = async (): Promise<void> => {
    while (running) {
      await turn().catch(recover)
      looked.resolve()
      // Questions get their turn between batches.
      await new Promise(resolve => setImmediate(resolve))
    }
    looked.resolve()
    for (const { reject } of refreshing.splice(0)) reject(stopped())
    await run?.checkpoint()
    await tellStats(true)
    await run?.close()
  }
  const done = loop()
  return {
    async infer(lines) {
      await looked.promise
      if (served === undefined) throw noModel(trouble)
      const { drift } = config.detect
      const model = await engine.open(served, {
        ...{ drift, backend: config.train.backend },
        ...(run && { taught: run.taught }),
      })
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
      halted.resolve()
      await done
    },
  }
}

const isDamaged = (error: unknown): boolean =>
  error instanceof LogbertError && error.code === 'BAD_BUNDLE'

const nameOf = ({ name, version }: ModelName): string => `${name}@${version}`

const noModel = (trouble: string | undefined): LogbertError =>
  new LogbertError(
    'BAD_BUNDLE',
    trouble === undefined
      ? 'scoring failed: there is no trained model yet; POST /train with {"file": …} first'
      : `scoring failed: no model is served: ${trouble}`,
  )

const stopped = (): LogbertError =>
  new LogbertError('CANCELLED', 'the server stops; ask it again when it runs')
