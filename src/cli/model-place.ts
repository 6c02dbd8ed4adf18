import { type Bundle, loadBundle, readBundle } from '../core/store/bundle.ts'
import { folderStore } from '../platform/files.ts'

/** A model by name: `app`, `app@latest`, `app@VERSION`. */
export const splitName = (text: string): { name: string; version?: string } => {
  const [name = '', version] = text.split('@')
  return version === undefined ? { name } : { name, version }
}

/** Loads `NAME[@VERSION]` from the models folder, or a folder that holds a bundle. */
export const openModel = async (where: string, models: string): Promise<Bundle> => {
  const folder = folderStore(where)
  const isFolder = (await folder.read('manifest.json')) !== undefined
  if (isFolder || /[\\/]/.test(where)) return readBundle(folder, '')
  const { name, version } = splitName(where)
  return loadBundle(folderStore(models), name, version)
}
