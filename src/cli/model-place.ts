import { homedir } from 'node:os'
import { join } from 'node:path'
import { LogbertError } from '../core/errors.ts'
import { type Bundle, listBundles, loadBundle, readBundle } from '../core/store/bundle.ts'
import type { ByteStore } from '../core/store/byte-store.ts'
import { isS3 } from '../s3/address.ts'
import { cachedModels, type ModelPlace, openModels } from '../serve/model-store.ts'
import { type Io, textOf, type Values } from './command.ts'
import { readConfig } from './read-config.ts'

/** A model by name: `app`, `app@latest`, `app@VERSION`. */
export const splitName = (text: string): { name: string; version?: string } => {
  const [name = '', version] = text.split('@')
  return version === undefined ? { name } : { name, version }
}

export const MODELS_HELP =
  '  --models PLACE     where models live: a folder, or s3://bucket/prefix (as the server is\n' +
  '                     configured: registry.url, else paths.models, which is models)\n'

/**
 * Where the models of a command line live: `--models`, else as the server is configured. How S3 is
 * reached comes from there, too; who names folders only needs no configuration.
 * @param words other words that may be addresses of S3
 * @throws LogbertError BAD_CONFIG
 */
export const placeOf = async (
  values: Values,
  { env }: Io,
  words: readonly string[] = [],
): Promise<ModelPlace> => {
  const given = textOf(values, 'models')
  if (given !== undefined && ![given, ...words].some(isS3)) return { models: given }
  const { registry, paths, s3 } = await readConfig({ env })
  const cache = join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'logbert', 'models')
  return { models: given ?? registry.url ?? paths.models, s3, cache }
}

/**
 * Loads `NAME[@VERSION]` from the place, or what a folder holds, here or on S3: a version, the
 * versions of a model (the latest of them), or a place with one model.
 */
export const openModel = async (where: string, place: ModelPlace): Promise<Bundle> => {
  const folder = openModels({ ...place, models: where })
  if ((await folder.read('manifest.json')) !== undefined) return readBundle(folder, '')
  if (/[\\/]/.test(where)) return openFolder(where, folder, place)
  const { name, version } = splitName(where)
  return loadBundle(cachedModels(place), name, version)
}

const openFolder = async (where: string, folder: ByteStore, place: ModelPlace): Promise<Bundle> => {
  if ((await folder.read('latest')) !== undefined) {
    const [, models = '', name = ''] = /^(.*)[\\/]([^\\/]+)[\\/]*$/.exec(where) ?? []
    return loadBundle(openModels({ ...place, models: models || '/' }), name)
  }
  const [only, ...others] = new Set((await listBundles(folder)).map(({ name }) => name))
  if (only === undefined) return readBundle(folder, '')
  if (others.length === 0) return loadBundle(folder, only)
  throw new LogbertError(
    'BAD_CONFIG',
    `${where} holds several models (${[only, ...others].join(', ')}): name one of them, with ` +
      `--models ${where} --model ${only}`,
  )
}
