import { realpath, stat } from 'node:fs/promises'
import { resolve, sep } from 'node:path'
import type { KeptTrainRequest, TrainOptions, TrainRequest } from '../api/train-service.ts'
import { LogbertError } from '../core/errors.ts'
import { logbertConfig } from '../core/logbert/config.ts'
import type { GivenTrainOptions } from '../core/pipeline/learn-schema.ts'
import { checkWindow, type WindowRule } from '../core/sequence/window.ts'
import { isS3 } from '../s3/address.ts'
import type { S3Options } from '../s3/client.ts'
import { s3Logs } from '../s3/s3-logs.ts'
import type { TrainFolders } from './train-folders.ts'

interface KeepDeps {
  id: string
  /** Epoch ms. */
  now: number
  /** Folder of the files that requests may name. */
  data: string
  /** How S3 is reached. */
  s3?: S3Options
  defaults: TrainDefaults
  folders: TrainFolders
}

/**
 * A request as it is kept: checked, complete, its upload safe on disk.
 * @throws LogbertError as `TrainService.start`
 */
export const keepRequest = async (
  { source, options }: TrainRequest,
  { id, now, data, s3, defaults, folders }: KeepDeps,
): Promise<KeptTrainRequest> => {
  const complete = completeOptions(options, defaults)
  if (complete.labels !== undefined) await locate(data, complete.labels)
  if ('bus' in source) return { ...complete, bus: fixStretch(source.bus, now) }
  if ('upload' in source) {
    return { ...complete, upload: { bytes: await folders.keep(id, source.upload, source.bytes) } }
  }
  if (isS3(source.file)) await s3Logs(s3).find(source.file)
  else await locate(data, source.file)
  return { ...complete, file: source.file }
}

/** What a job takes where the request says nothing. */
export type TrainDefaults = Omit<TrainOptions, 'format' | 'promote'>

/**
 * All options of a job.
 * @throws LogbertError BAD_CONFIG for those that do not fit each other
 */
const completeOptions = (given: GivenTrainOptions, defaults: TrainDefaults): TrainOptions => {
  const { window, network, ...rest } = given
  const options: TrainOptions = {
    ...defaults,
    format: 'auto',
    promote: 'auto',
    ...present(rest),
    ...(network !== undefined && { network: present(network) as Record<string, number> }),
  }
  if (window === 'auto') delete options.window
  else if (window !== undefined) options.window = ruleOf(window)
  if (options.window !== undefined) checkWindow(options.window)
  logbertConfig(options.network)
  return options
}

/** Without what was given as undefined: it must not hide a default. */
const present = <T extends object>(given: T) =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }

const ruleOf = (window: Exclude<GivenTrainOptions['window'], 'auto' | undefined>): WindowRule => {
  if (typeof window === 'number') return { by: 'count', size: window }
  const { by, size, step } = window
  return { by, size, ...(step !== undefined && { step }) }
}

type Stretch = Extract<TrainRequest['source'], { bus: object }>['bus']

/**
 * A stretch with both ends: what comes after the job was asked for is not in it, or a second try
 * would learn from other lines.
 * @throws LogbertError BAD_INPUT when it ends before it begins
 */
const fixStretch = ({ from = 0, to }: Stretch, now: number): { from: number; to: number } => {
  const stretch = { from: momentOf(from), to: Math.min(now, to === undefined ? now : momentOf(to)) }
  if (stretch.from < stretch.to) return stretch
  const [first, last] = [stretch.from, stretch.to].map(at => new Date(at).toISOString())
  throw new LogbertError(
    'BAD_INPUT',
    `training from the bus failed: the stretch begins at ${first} and ends at ${last}; let it end ` +
      'later than it begins, and begin before now',
  )
}

const momentOf = (moment: number | string): number => {
  const at = new Date(moment).getTime()
  if (Number.isFinite(at)) return at
  throw new LogbertError(
    'BAD_INPUT',
    `training from the bus failed: ${JSON.stringify(moment)} is no time; give epoch ms or ISO 8601`,
  )
}

/**
 * A file below the folder, links followed.
 * @throws LogbertError BAD_INPUT for what is elsewhere, no file, or not there
 */
export const locate = async (folder: string, file: string): Promise<string> => {
  const root = await realpath(folder).catch(() => undefined)
  const path = root && (await realpath(resolve(root, file)).catch(() => undefined))
  if (path?.startsWith(root + sep) && (await stat(path)).isFile()) return path
  throw new LogbertError(
    'BAD_INPUT',
    `training from ${file} failed: there is no such file below the data folder ${folder} ` +
      '(paths.data); put it there, or send it as the body',
  )
}
