import { LogbertError } from '../errors.ts'
import { absentVersion, checkName } from './bundle.ts'
import type { ByteStore } from './byte-store.ts'
import { CHANNELS, readChannels } from './channels.ts'
import { checkVersion, MANIFEST } from './manifest.ts'

/**
 * Removes a version that no channel names. The manifest goes first: a version that is half removed
 * cannot be loaded.
 * @throws LogbertError CONFLICT while a channel names it, BAD_BUNDLE when there is none such
 */
export const removeVersion = async (
  store: ByteStore,
  name: string,
  version: string,
): Promise<void> => {
  checkName(name)
  checkVersion(version, `${name}@${version}`)
  const folder = `${name}/${version}`
  const manifest = await store.read(`${folder}/${MANIFEST}`)
  if (manifest === undefined) throw await absentVersion(store, name, version)
  await needUnnamed(store, name, version)
  await store.remove(`${folder}/${MANIFEST}`)
  try {
    // Somebody may have let a channel name it just now.
    await needUnnamed(store, name, version)
  } catch (error) {
    await store.swap(`${folder}/${MANIFEST}`, null, manifest)
    throw error
  }
  for (const path of await store.list(`${folder}/`)) await store.remove(path)
}

const needUnnamed = async (store: ByteStore, name: string, version: string): Promise<void> => {
  const named = await readChannels(store, name)
  const channels = CHANNELS.filter(each => named[each].version === version)
  if (channels.length === 0) return
  throw new LogbertError(
    'CONFLICT',
    `removing ${name}@${version} failed: ${channels.join(' and ')} names it; promote another version ` +
      'first',
  )
}
