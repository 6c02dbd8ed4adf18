import { readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { LogbertError } from '../core/errors.ts'
import { createLineStats } from '../core/input/line-splitter.ts'
import type { BackendChoice, LearnProgress } from '../core/pipeline/engine.ts'
import type { NormalSession } from '../core/pipeline/normals.ts'
import { writeDurably } from '../platform/durable-file.ts'
import type { LogObject } from '../s3/s3-logs.ts'
import { countOf, objectsOf, openTrainInput, type TrainPlace } from './train-input.ts'
import type { TrainTask } from './train-task.ts'

/**
 * What a training was begun with: a second try, after a restart, must learn the very same, though
 * the file may have grown and people have said more since.
 */
export interface TrainPlan {
  format: 'lines' | 'events'
  /** Lines or sessions, and how many of them, the oldest, are learned from. */
  total: number
  cut: number
  normals: NormalSession[]
  /** What an address of S3 meant. */
  objects?: LogObject[]
  /** What computes; `auto` may choose another one the next time. */
  backend: BackendChoice
}

const VERSION = 1

/** Judging takes longer than learning without a network: more lines would tell nothing new. */
const MOST_HELD_OUT = 500_000

const pathOf = (folder: string): string => join(folder, 'plan.json')

/** The plan of an earlier try, else a new one, which is kept. */
export const planTraining = async (
  task: TrainTask,
  tell: (progress: LearnProgress) => void,
): Promise<TrainPlan> => {
  const known = await readPlan(task.folder)
  if (known !== undefined) return known
  const { format: asked, holdout, backend } = task.options
  const counting = (progress: LearnProgress): void => tell({ ...progress, phase: 'counting' })
  const reading = { stats: createLineStats(), tell: counting }
  const found = await objectsOf(task.input)
  const input = await openTrainInput({ ...task.input, ...found }, asked, reading)
  const total = await countOf(input)
  if (total === 0) throw nothing(task.input)
  const heldOut = Math.min(Math.floor(total * holdout), MOST_HELD_OUT)
  const { normals } = task
  const plan = { format: input.format, total, cut: total - heldOut, normals, ...found, backend }
  await keepPlan(task.folder, plan)
  return plan
}

/** The task with its input as the plan says. */
export const asPlanned = (task: TrainTask, { objects }: TrainPlan): TrainTask =>
  'address' in task.input && objects !== undefined
    ? { ...task, input: { ...task.input, objects } }
    : task

export const keepPlan = async (folder: string, plan: TrainPlan): Promise<void> => {
  const bytes = new TextEncoder().encode(`${JSON.stringify({ version: VERSION, ...plan })}\n`)
  await writeDurably(pathOf(folder), bytes, file => rename(file, pathOf(folder)))
}

/** Undefined where there is none, or one of another version of this program. */
const readPlan = async (folder: string): Promise<TrainPlan | undefined> => {
  const text = await readFile(pathOf(folder), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const { version, ...plan } = JSON.parse(text) as TrainPlan & { version: number }
  return version === VERSION ? plan : undefined
}

const nothing = (place: TrainPlace): LogbertError => {
  if (!('bus' in place)) {
    return new LogbertError('BAD_INPUT', 'there is nothing to learn from: the input holds no line')
  }
  const [from, to] = [place.from, place.to].map(at => new Date(at).toISOString())
  return new LogbertError(
    'BAD_INPUT',
    `there is nothing to learn from: no line that the bus still keeps came from ${from} to ${to}; ` +
      'give another stretch, or keep lines longer (bus.maxAgeHours, bus.maxBytes)',
  )
}
