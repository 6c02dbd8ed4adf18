import type { TrainJobResult, TrainOptions } from '../api/train-service.ts'
import { inputNotes } from '../cli/log-files.ts'
import { LogbertError } from '../core/errors.ts'
import { createLineStats } from '../core/input/line-splitter.ts'
import type { Engine, LearnOptions, LearnProgress } from '../core/pipeline/engine.ts'
import type { NormalSession } from '../core/pipeline/normals.ts'
import { createRegistry } from '../core/store/registry.ts'
import { type ModelPlace, openModels } from './model-store.ts'
import { folderCheckpoints } from './train-checkpoints.ts'
import { evaluateDraft } from './train-evaluation.ts'
import { openTrainInput, partOf, type TrainPlace } from './train-input.ts'
import { asPlanned, keepPlan, planTraining, type TrainPlan } from './train-plan.ts'

/** All that a training process is told; plain JSON. */
export interface TrainTask extends ModelPlace {
  /** Where the job keeps what it can go on from; it is there. */
  folder: string
  input: TrainPlace
  /** Path of the labels. */
  labels?: string
  options: TrainOptions
  normals: NormalSession[]
  /** When the job was begun for the first time, epoch ms: a second try gives the same version. */
  created: number
}

/** What a training process says, one object a message; the last is no progress. */
export type TrainMessage =
  | ({ type: 'progress' } & LearnProgress)
  | { type: 'published'; result: TrainJobResult }
  | { type: 'error'; code: string; message: string }

export interface TrainTaskDeps {
  engine: Engine
  post(message: TrainMessage): void
  /** Whether anybody still listens: nothing is published for nobody. */
  heard(): boolean
}

/** Trains, evaluates and publishes in this thread, and posts progress, then the version or the fault. */
export const runTrainTask = async (task: TrainTask, deps: TrainTaskDeps): Promise<void> => {
  try {
    deps.post(await train(task, deps))
  } catch (error) {
    const code = error instanceof LogbertError ? error.code : 'INTERNAL'
    const message = error instanceof Error ? error.message : `${error}`
    deps.post({ type: 'error', code, message })
  }
}

const train = async (asked: TrainTask, deps: TrainTaskDeps): Promise<TrainMessage> => {
  const { engine } = deps
  const { name } = asked.options
  const tell = throttle(progress => deps.post({ type: 'progress', ...progress }))
  const registry = createRegistry(openModels(asked))
  const plan = await planTraining(asked, tell)
  const task = asPlanned(asked, plan)
  const stats = createLineStats()
  const input = await openTrainInput(task.input, plan.format, { stats })
  const parent = await registry.resolve(name, 'latest')
  const draft = await engine.learn(
    partOf(input, 0, plan.cut),
    learnOptions(task, plan, parent, text => tell({ phase: 'training LogBERT', note: text })),
    keepingBackend(task.folder, plan, progress => tell(withShare(progress, plan.cut))),
  )
  draft.config = { ...draft.config, backend: plan.backend }
  const notes = inputNotes(stats)
  if (notes.length > 0) draft.training = { ...draft.training, notes }
  tell({ phase: 'evaluating' })
  const found = await evaluateDraft(task, plan, { draft, registry, engine, tell })
  if (!deps.heard()) throw new LogbertError('CANCELLED', 'the server is gone: nothing is published')
  tell({ phase: 'publishing' })
  const { evaluation } = found
  const { version } = await registry.publish({ ...draft, created: task.created, evaluation })
  return { type: 'published', result: { name, version, promoted: false, ...found } }
}

const learnOptions = (
  { folder, options }: TrainTask,
  plan: TrainPlan,
  parent: string | undefined,
  note: (text: string) => void,
): LearnOptions => {
  const { name, session, budget, seed, epochs, window, impurity, network } = options
  const { idleSeconds } = options
  const { header, timeZone, masks } = options
  const parse = {
    ...(header !== undefined && { header }),
    ...(timeZone !== undefined && { timeZone }),
    ...(masks !== undefined && masks.length > 0 && { masks }),
  }
  return {
    ...{ name, session, budget, seed, epochs, backend: plan.backend },
    ...(window !== undefined && { window }),
    ...(idleSeconds !== undefined && { idleMs: 1000 * idleSeconds }),
    ...(impurity !== undefined && { impurity }),
    ...(network !== undefined && { network }),
    ...(Object.keys(parse).length > 0 && { parse }),
    ...(parent !== undefined && { parent }),
    normals: plan.normals,
    checkpoints: folderCheckpoints(folder, note),
  }
}

/** Reading knows how many lines it has read, and the plan how many there are. */
const withShare = (progress: LearnProgress, all: number): LearnProgress =>
  progress.phase === 'reading' && typeof progress.lines === 'number'
    ? { ...progress, share: Math.min(1, progress.lines / all) }
    : progress

/** The backend that `auto` chose is kept as soon as it is known. */
const keepingBackend =
  (folder: string, plan: TrainPlan, tell: (progress: LearnProgress) => void) =>
  (progress: LearnProgress): void => {
    tell(progress)
    const chosen = progress.backend as TrainPlan['backend'] | undefined
    if (chosen === undefined || plan.backend !== 'auto') return
    plan.backend = chosen
    // Without it another try may choose another one: no more than that.
    keepPlan(folder, plan).catch(() => undefined)
  }

const GAP_MS = 250

/** Lets every new phase, epoch and stage through, and of the rest a few a second. */
const throttle = (tell: (progress: LearnProgress) => void): ((progress: LearnProgress) => void) => {
  let last = Number.NEGATIVE_INFINITY
  let mark: string | undefined
  return progress => {
    const now = performance.now()
    const fresh = `${progress.phase} ${progress.epoch} ${progress.stage}`
    if (fresh === mark && now - last < GAP_MS) return
    mark = fresh
    last = now
    tell(progress)
  }
}
