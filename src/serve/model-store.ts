import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Config } from '../config.ts'
import { LogbertError } from '../core/errors.ts'
import type { ByteStore } from '../core/store/byte-store.ts'
import { folderStore } from '../platform/files.ts'
import { isS3 } from '../s3/address.ts'
import type { S3Options } from '../s3/client.ts'
import { s3Store } from '../s3/s3-store.ts'
import { type VersionCacheOptions, versionCache } from '../s3/version-cache.ts'

/** Where models live. Plain JSON: processes are told of it. */
export interface ModelPlace {
  /** A folder, `file:///…`, or `s3://bucket/prefix`. */
  models: string
  /** How S3 is reached. */
  s3?: S3Options
  /** Folder that keeps what was read from S3. */
  cache?: string
}

type Places = Pick<Config, 'paths' | 'registry' | 's3'>

/** The place of a configuration: `registry.url`, else the folder `paths.models`. */
export const modelPlace = ({ paths, registry, s3 }: Places): ModelPlace => ({
  models: registry.url ?? paths.models,
  ...{ s3, cache: join(paths.data, 'model-cache') },
})

/** @throws LogbertError BAD_CONFIG for an address that is none */
export const openModels = ({ models, s3 }: ModelPlace): ByteStore => {
  if (isS3(models)) return s3Store(models, s3)
  return folderStore(/^file:/i.test(models) ? folderOf(models) : models)
}

/** What is published, promoted and checked: every byte of it is the store's own. */
export const modelStore = (config: Places): ByteStore => openModels(modelPlace(config))

/**
 * The same for those who only load: what was read from S3 is kept in a folder, and stands in for it
 * while it is away.
 */
export const cachedModels = (place: ModelPlace, options: VersionCacheOptions = {}): ByteStore => {
  const store = openModels(place)
  const { models, cache } = place
  return isS3(models) && cache !== undefined
    ? versionCache(store, folderStore(cache), options)
    : store
}

const folderOf = (url: string): string => {
  try {
    return fileURLToPath(url)
  } catch (cause) {
    throw new LogbertError(
      'BAD_CONFIG',
      `using ${url} as the place of models failed: it names no folder of this machine; give ` +
        'file:///FOLDER with its whole path, or a folder in paths.models',
      { cause },
    )
  }
}
