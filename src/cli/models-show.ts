import { LogbertError } from '../core/errors.ts'
import { type BundleEntry, listBundles, loadBundle } from '../core/store/bundle.ts'
import type { ByteStore } from '../core/store/byte-store.ts'
import { CHANNELS, readChannel } from '../core/store/channels.ts'
import type { Manifest } from '../core/store/manifest.ts'
import { openModels } from '../serve/model-store.ts'
import { EXIT } from './command.ts'
import { openModel, splitName } from './model-place.ts'
import type { ModelsPlace } from './models.ts'

export const list = async ({ place, json, io }: ModelsPlace, name?: string): Promise<number> => {
  const store = openModels(place)
  const all = await listBundles(store)
  const entries = all.filter(entry => name === undefined || entry.name === name)
  if (entries.length === 0) {
    const which = name === undefined ? 'models' : `versions of ${name}`
    io.err(`there are no ${which} in ${store.about}; train one with: logbert train FILE\n`)
  }
  for (const entry of entries) {
    await io.out(json ? `${JSON.stringify(entry)}\n` : `${lineOf(entry)}\n`)
  }
  return EXIT.ok
}

const lineOf = ({ name, version, latest, channels }: BundleEntry): string =>
  `${latest ? '*' : ' '} ${name}@${version}  ${channels.join(', ')}`.trimEnd()

export const inspect = async ({ place, json, io }: ModelsPlace, where: string) => {
  const { manifest } = await openModel(where, place)
  await io.out(`${json ? JSON.stringify(manifest) : JSON.stringify(manifest, null, 2)}\n`)
  return EXIT.ok
}

export const verify = async ({ place, json, io }: ModelsPlace, where?: string): Promise<number> => {
  // It is what is there that counts, not what is kept here of it.
  const { cache: _, ...uncached } = place
  const store = openModels(place)
  const all = where === undefined ? await everything(store) : [where]
  let damaged = 0
  for (const each of all) {
    try {
      const { manifest } = await (where === undefined
        ? loadNamed(store, each)
        : openModel(each, uncached))
      const bytes = sizeOf(manifest)
      const files = Object.keys(manifest.files).length
      await io.out(
        json
          ? `${JSON.stringify({ model: each, sound: true, files, bytes })}\n`
          : `sound    ${each}  ${files} files, ${bytes.toLocaleString('en')} bytes\n`,
      )
    } catch (error) {
      if (!(error instanceof LogbertError) || error.code !== 'BAD_BUNDLE') throw error
      damaged++
      await io.out(
        json
          ? `${JSON.stringify({ model: each, sound: false, fault: error.message })}\n`
          : `DAMAGED  ${each}  ${error.message}\n`,
      )
    }
  }
  if (all.length === 0) io.err(`there are no models in ${store.about}\n`)
  return damaged > 0 ? EXIT.failure : EXIT.ok
}

/** Every version, and channels that name one that is not there. */
const everything = async (store: ByteStore): Promise<string[]> => {
  const entries = await listBundles(store)
  const versions = new Set(entries.map(({ name, version }) => `${name}@${version}`))
  const lost: string[] = []
  for (const name of new Set(entries.map(entry => entry.name))) {
    for (const channel of CHANNELS) {
      const { version } = await readChannel(store, name, channel)
      if (version !== undefined && !versions.has(`${name}@${version}`)) {
        lost.push(`${name}@${channel}`)
      }
    }
  }
  return [...versions, ...lost]
}

const loadNamed = (store: ByteStore, each: string) => {
  const { name, version } = splitName(each)
  return loadBundle(store, name, version)
}

const sizeOf = (manifest: Manifest): number =>
  Object.values(manifest.files).reduce((sum, file) => sum + file.bytes, 0)
