import { LogbertError } from '../core/errors.ts'
import { resolveVersion } from '../core/store/bundle.ts'
import { createRegistry, type ModelVersion } from '../core/store/registry.ts'
import { exportBundle, importBundle } from '../core/store/transfer.ts'
import { openModels } from '../serve/model-store.ts'
import { EXIT, type Io } from './command.ts'
import { splitName } from './model-place.ts'
import type { ModelsPlace } from './models.ts'

export const promote = async ({ place, json, io }: ModelsPlace, where: string) => {
  const { name, version } = splitName(where)
  const registry = createRegistry(openModels(place))
  const promoted = await registry.promote(name, version)
  await tellVersion(promoted, json, io)
  const before = await registry.resolve(name, 'previous')
  if (before !== undefined) {
    io.err(`latest was ${name}@${before}; undo with: logbert models rollback ${name}\n`)
  }
  return EXIT.ok
}

export const rollback = async ({ place, json, io }: ModelsPlace, name: string) => {
  const version = await createRegistry(openModels(place)).rollback(name)
  await tellVersion(version, json, io)
  return EXIT.ok
}

export const exportModel = async (
  { place, json, io }: ModelsPlace,
  where: string,
  folder: string,
): Promise<number> => {
  const { name, version } = splitName(where)
  const manifest = await exportBundle(
    openModels(place),
    name,
    version,
    openModels({ ...place, models: folder }),
  )
  const told = { name, version: manifest.version, folder }
  await io.out(json ? `${JSON.stringify(told)}\n` : `${folder}\n`)
  return EXIT.ok
}

export const importModel = async ({ place, json, io }: ModelsPlace, folder: string) => {
  const { name, version } = await importBundle(
    openModels({ ...place, models: folder }),
    openModels(place),
  )
  await io.out(json ? `${JSON.stringify({ name, version })}\n` : `${name}@${version}\n`)
  io.err(`make it the one that ${name} means with: logbert models promote ${name}@${version}\n`)
  return EXIT.ok
}

export const remove = async ({ place, json, io }: ModelsPlace, where: string) => {
  const { name, version: wanted } = splitName(where)
  if (wanted === undefined) {
    throw new LogbertError(
      'BAD_CONFIG',
      `removing ${name} failed: say which version, ${name}@VERSION; logbert models list shows them`,
    )
  }
  const store = openModels(place)
  const version = await resolveVersion(store, name, wanted)
  await createRegistry(store).remove(name, version)
  await io.out(
    json ? `${JSON.stringify({ name, version, removed: true })}\n` : `removed ${name}@${version}\n`,
  )
  return EXIT.ok
}

const tellVersion = async ({ manifest, channels }: ModelVersion, json: boolean, io: Io) => {
  const { name, version } = manifest
  await io.out(
    json ? `${JSON.stringify({ name, version, channels })}\n` : `latest ${name}@${version}\n`,
  )
}
