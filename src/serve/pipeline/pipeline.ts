import type { Inference, PipelineStats, TemplateRow } from '../../api/deps.ts'
import type { Config } from '../../config.ts'
import { LogbertError } from '../../core/errors.ts'
import type { Engine } from '../../core/pipeline/engine.ts'
import type { StreamStats } from '../../core/pipeline/stream-types.ts'
import type { Registry } from '../../core/store/registry.ts'
import type { LogLine } from '../../core/types.ts'
import { type Lane, startLane } from './lane.ts'
import { createModels } from './models.ts'
import type { Intake, Place } from './place.ts'
import type { Told } from './protocol.ts'
import { type ModelName, sameModel } from './served.ts'
import { createTally } from './tally.ts'
import { createTurns } from './turns.ts'

const STATS_MS = 250
const SLICE = 2_000
/** Stands for what is in the way of all partitions. */
const ALL = -1

export interface PipelineDeps {
  config: Config
  registry: Registry
  engine: Engine
  intake: Intake
  tell(told: Told): void
}

/** The detector at work: from the bus to where findings go, until it is stopped. */
export interface Pipeline {
  infer(lines: readonly LogLine[]): Promise<Inference>
  templates(): TemplateRow[]
  /** What people decided or promoted since is in effect when it resolves. */
  refresh(): Promise<void>
  /** Finishes the batches at hand and saves everything. */
  stop(): Promise<void>
}

/** Starts a lane for each partition that is ours, and keeps them all at the same model. */
export const startPipeline = (deps: PipelineDeps): Pipeline => {
  const { config, registry, engine, intake, tell } = deps
  const tally = createTally()
  const note = (text: string): void => tell({ type: 'note', text })
  const models = createModels({
    ...{ registry, name: config.model.name, note },
    refused: tally.badModel,
  })
  const turns = createTurns()
  const lanes = new Map<number, Lane>()
  /** Why lines are not read, by partition. */
  const troubles = new Map<number, string>()
  /** Resolves when it is known whether there is a model. */
  const looked = Promise.withResolvers<void>()
  /** What was told of the model; null: that there is none. */
  let serving: ModelName | null | undefined
  let anomalies = 0
  let suppressed = 0
  let told = performance.now()

  const say = (model: ModelName | null, fresh: boolean): void => {
    const known = serving
    serving = model
    if (known === undefined || !sameModel(known ?? undefined, model ?? undefined)) {
      tell({ type: 'model', model: model && nameOnly(model), fresh })
    }
    looked.resolve()
  }
  const tellTrouble = (partition: number, why: string): void => {
    troubles.set(partition, why)
    tell({ type: 'trouble', message: why })
    looked.resolve()
  }
  const settleTrouble = (partition: number): void => {
    troubles.delete(partition)
    if (troubles.size === 0) tell({ type: 'ready' })
  }
  const trouble = (why: string | undefined): void =>
    why === undefined ? settleTrouble(ALL) : tellTrouble(ALL, why)
  const assigned = (place: Place): void => {
    const { partition } = place
    const lane = startLane(place, {
      ...{ config, engine, tally, models, note },
      taught: intake.taught,
      alone: turns.take,
      ready: () => settleTrouble(partition),
      trouble: why => tellTrouble(partition, why),
      modelless: () => say(null, false),
      serves: say,
    })
    lanes.set(partition, lane)
  }
  const lost = (partition: number): void => {
    const lane = lanes.get(partition)
    lanes.delete(partition)
    settleTrouble(partition)
    void lane?.drop()
  }
  const decided = (): void => {
    for (const lane of lanes.values()) lane.refresh().catch(quietly)
  }
  let open = false
  const opened = intake.open({ assigned, lost, decided, trouble }).then(() => {
    open = true
    if (lanes.size > 0) return
    // More workers than partitions, or none wanted: there is a model all the same.
    if (troubles.size === 0) tell({ type: 'ready' })
    return follow()
  })
  opened.catch(error => {
    tellTrouble(ALL, error instanceof Error ? error.message : `${error}`)
  })

  /** Without lanes, which say it otherwise. */
  const follow = async (): Promise<void> => {
    await models.follow(false)
    if (lanes.size > 0) return
    const { target } = models
    say(target?.manifest ?? null, serving !== undefined)
  }
  const tellStats = async (): Promise<void> => {
    const now = performance.now()
    const counts = tally.take()
    for (const count of Object.values(counts.kinds)) anomalies += count
    suppressed += counts.suppressed
    const linesPerSecond = Math.round((1000 * counts.lines) / (now - told))
    told = now
    tell({ type: 'stats', stats: { ...(await totals()), linesPerSecond }, counts })
  }
  const totals = async (): Promise<Omit<PipelineStats, 'linesPerSecond'>> => {
    const runs = [...lanes.values()].flatMap(({ run }) => run ?? [])
    const stats = runs.map(({ stream }) => stream.stats)
    const sum = (key: keyof StreamStats): number =>
      stats.reduce((total, each) => total + each[key], 0)
    const behind = await Promise.all([...lanes.values()].map(lane => lane.behind()))
    return {
      ...{ lines: sum('lines'), sessions: sum('sessions'), anomalies, suppressed },
      ...{ openSessions: sum('open'), heldEvents: sum('held'), sources: sum('sources') },
      ...{ templates: sum('templates'), unseenTemplates: sum('unseen') },
      lag: behind.reduce((total, each) => total + each, 0),
      ...{ lateLines: sum('late'), cutLines: sum('cut'), evicted: sum('evicted') },
      ...{ cacheHits: sum('hits'), cacheMisses: sum('misses') },
      checkpoints: runs.reduce((total, run) => total + run.checkpoints, 0),
    }
  }
  const telling = setInterval(() => void tellStats().catch(quietly), STATS_MS)
  let looking = false
  const polling = setInterval(async () => {
    // A registry that is slow is not asked twice at a time.
    if (looking) return
    looking = true
    await follow().catch(quietly)
    looking = false
  }, 1000 * config.registry.pollSeconds)
  return {
    async infer(lines) {
      await looked.promise
      const { target } = models
      if (target === undefined) throw noModel([...troubles.values()][0])
      const { drift } = config.detect
      const options = { drift, backend: config.train.backend, taught: intake.taught() }
      const model = await engine.open(target, options)
      const found: Inference = { model: model.model, verdicts: [], anomalies: [] }
      const add = ({
        verdicts,
        anomalies: odd,
      }: Pick<Inference, 'verdicts' | 'anomalies'>): void => {
        found.verdicts = found.verdicts.concat(verdicts)
        found.anomalies = found.anomalies.concat(odd)
      }
      for (let at = 0; at < lines.length; at += SLICE) {
        add(await turns.take(() => model.feed(lines.slice(at, at + SLICE))))
        await new Promise(resolve => setImmediate(resolve))
      }
      add(await turns.take(() => model.flush()))
      return found
    },
    templates: () => {
      const uses = [...lanes.values()].flatMap(({ run }) => run?.stream.templates() ?? [])
      return uses.map(({ last, ...use }) => ({
        ...use,
        ...(last !== undefined && { lastSeen: last }),
      }))
    },
    async refresh() {
      await opened
      const all = [...lanes.values()]
      await Promise.all(all.map(lane => lane.refresh()))
      await models.follow(true)
      await Promise.all(all.map(lane => lane.follow()))
      await follow()
    },
    async stop() {
      clearInterval(telling)
      clearInterval(polling)
      // What waits for a broker that is away is given up.
      if (!open) await intake.close()
      await opened.catch(quietly)
      const ends = await Promise.allSettled([...lanes.values()].map(lane => lane.stop()))
      await tellStats()
      if (open) await intake.close()
      for (const end of ends) if (end.status === 'rejected') throw end.reason
    },
  }
}

const nameOnly = ({ name, version }: ModelName): ModelName => ({ name, version })

/** Of what is told elsewhere, too. */
const quietly = (): void => undefined

const noModel = (trouble: string | undefined): LogbertError =>
  new LogbertError(
    'BAD_BUNDLE',
    trouble === undefined
      ? 'scoring failed: there is no trained model yet; POST /train with {"file": …} first'
      : `scoring failed: no model is served: ${trouble}`,
  )
