import { join } from 'node:path'
import type { KeptTrainRequest, TrainJob, TrainOptions } from '../api/train-service.ts'
import type { Database } from '../db/database.ts'
import { isS3 } from '../s3/address.ts'
import type { ModelPlace } from './model-store.ts'
import type { BusPlace } from './train-bus.ts'
import type { TrainFolders } from './train-folders.ts'
import type { TrainPlace } from './train-input.ts'
import { locate } from './train-request.ts'
import type { TrainTask } from './train-task.ts'

export interface TaskDeps extends ModelPlace {
  db: Pick<Database, 'feedback'>
  folders: TrainFolders
  /** Folder of the files that requests may name. */
  data: string
  /** Where lines are kept; `bus.db` in the data folder when absent. */
  bus?: BusPlace
  /** Name of the model that is served. */
  served: string
  /** Longest line in characters; the rest is cut off. */
  maxLine?: number
}

/**
 * What the process of a job is told. Files are looked for anew: they may be gone.
 * @throws LogbertError BAD_INPUT when they are
 */
export const taskOf = async (job: TrainJob, deps: TaskDeps): Promise<TrainTask> => {
  const { options, place } = await readRequest(job, deps)
  const { labels, name } = options
  // What people said is about the system that is served.
  const normals = name === deps.served ? deps.db.feedback.normals() : []
  return {
    folder: await deps.folders.make(job.id),
    ...placeOf(deps),
    input: place,
    ...(labels !== undefined && { labels: await locate(deps.data, labels) }),
    options,
    normals: normals.map(({ session, kind }) => ({ session, kind })),
    created: job.started ?? job.created,
  }
}

/** Where models live, and no more than that. */
const placeOf = ({ models, s3, cache }: ModelPlace): ModelPlace => ({
  models,
  ...(s3 !== undefined && { s3 }),
  ...(cache !== undefined && { cache }),
})

const readRequest = async (
  { id, request, created }: TrainJob,
  deps: TaskDeps,
): Promise<{ options: TrainOptions; place: TrainPlace }> => {
  const { maxLine } = deps
  const reading = { arrived: created, ...(maxLine !== undefined && { maxLine }) }
  if ('bus' in request) {
    const { bus, ...options } = request
    const cut = maxLine === undefined ? {} : { maxLine }
    return { options, place: { bus: deps.bus ?? join(deps.data, 'bus.db'), ...bus, ...cut } }
  }
  if ('upload' in request) {
    const { upload: _, ...options } = request
    return { options, place: { path: deps.folders.upload(id), ...reading } }
  }
  const { file, ...options } = request as Extract<KeptTrainRequest, { file: string }>
  if (isS3(file)) {
    return { options, place: { address: file, ...(deps.s3 && { s3: deps.s3 }), ...reading } }
  }
  return { options, place: { path: await locate(deps.data, file), ...reading } }
}
