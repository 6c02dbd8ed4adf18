import type { ByteStore } from './byte-store.ts'
import { MANIFEST } from './manifest.ts'

/** What was removed. */
export interface Swept {
  /** Versions without manifest: `name/version`. */
  versions: string[]
  /** Pieces of writes that were broken off. */
  pieces: number
}

/** Other folders may be somebody's own. */
const MADE = /^\d{8}T\d{9}Z-[0-9a-f]{8}$/

/** Removes versions without a manifest whose files are all from before that time, epoch ms. */
export const sweepStore = async (store: ByteStore, before: number): Promise<Swept> => {
  const folders = Map.groupBy(await store.list(''), path => path.split('/').slice(0, 2).join('/'))
  const versions: string[] = []
  for (const [folder, paths] of folders) {
    if (!MADE.test(folder.split('/')[1] ?? '') || paths.includes(`${folder}/${MANIFEST}`)) continue
    const written = await Promise.all(paths.map(path => store.look(path)))
    if (written.some(found => found !== undefined && found.modified >= before)) continue
    for (const path of paths) await store.remove(path)
    versions.push(folder)
  }
  return { versions, pieces: await store.clean(before) }
}
