import { LogbertError } from '../errors.ts'
import { checkName, resolveVersion } from './bundle.ts'
import type { ByteStore } from './byte-store.ts'
import { MANIFEST, type Manifest } from './manifest.ts'
import { readWhole } from './read-bundle.ts'
import { writeVersion } from './write-version.ts'

/**
 * Copies one version into a store of its own, an empty folder for instance, every checksum compared;
 * the manifest last, so that what is not whole cannot be taken for a model.
 * @param wanted a version or a channel
 * @throws LogbertError BAD_BUNDLE when it is absent or damaged, CONFLICT when the target holds
 * something
 */
export const exportBundle = async (
  store: ByteStore,
  name: string,
  wanted: string | undefined,
  target: ByteStore,
): Promise<Manifest> => {
  const version = await resolveVersion(store, name, wanted)
  const { manifest, text, files } = await readWhole(store, `${name}/${version}`)
  const [first] = await target.list('')
  if (first !== undefined) {
    throw new LogbertError(
      'CONFLICT',
      `exporting ${name}@${version} to ${target.about} failed: there is ${first} in it; name an empty ` +
        'folder or one that does not exist yet',
    )
  }
  for (const [file, bytes] of files) await target.write(file, bytes)
  await target.write(MANIFEST, text)
  return manifest
}

/**
 * Takes an exported version in under its own name and id. All of it is read and compared before
 * anything is written; files that its manifest does not list are not copied; no channel moves.
 * @throws LogbertError BAD_BUNDLE when a file is missing or changed or its name leaves the folder,
 * CONFLICT when there is another of that id
 */
export const importBundle = async (source: ByteStore, store: ByteStore): Promise<Manifest> => {
  const whole = await readWhole(source, '')
  checkName(whole.manifest.name)
  await writeVersion(store, whole)
  return whole.manifest
}
