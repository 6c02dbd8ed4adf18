import { LogbertError } from '../core/errors.ts'
import type { ByteStore, Found } from '../core/store/byte-store.ts'
import { MANIFEST, type Manifest, readManifest } from '../core/store/manifest.ts'
import { sha256 } from '../core/store/sha256.ts'

export interface VersionCacheOptions {
  /** Bytes of versions that are kept; beyond it the oldest go. */
  maxBytes?: number
  /** The store does not answer: what is known of it is given instead. Told once an outage. */
  away?(error: LogbertError): void
  /** A file of a version was asked for, and was here or not. */
  asked?(hit: boolean): void
}

const MOST_BYTES = 2 ** 30
/** Versions whose sums are known at a time. */
const MOST_KNOWN = 16

type Sums = Manifest['files']

/**
 * A store for those who load models again and again: files of versions never change, so each is
 * fetched once and then read here, its SHA-256 compared each time with the manifest's; what is
 * damaged here is fetched anew. Manifests and channels are always asked for, and only while the store
 * is away (AWAY) those known last are given, so that a restart in the meantime finds its model.
 * @param local for this cache alone; other processes may share it
 */
export const versionCache = (
  remote: ByteStore,
  local: ByteStore,
  { maxBytes = MOST_BYTES, away, asked }: VersionCacheOptions = {},
): ByteStore => {
  const known = new Map<string, { text: Uint8Array; sums: Sums }>()
  let isAway = false
  /** What the store says, else what is known of it; a cache that cannot be read knows nothing. */
  const remoteOr = async <T>(ask: () => Promise<T>, last: () => Promise<T>): Promise<T> => {
    try {
      const answer = await ask()
      isAway = false
      return answer
    } catch (error) {
      if (!(error instanceof LogbertError) || error.code !== 'AWAY') throw error
      if (!isAway) away?.(error)
      isAway = true
      const found = await last().catch(() => undefined)
      if (found === undefined) throw error
      return found
    }
  }
  /** A full disk makes it slower, no more. */
  const keep = (path: string, bytes: Uint8Array): Promise<void> =>
    local.write(path, bytes).catch(() => undefined)

  const channel = async (path: string): Promise<Found | undefined> =>
    remoteOr(
      async () => {
        const found = await remote.look(path)
        const before = await local.read(path).catch(() => undefined)
        // An empty channel names nothing, as one that is absent.
        const now = found?.bytes ?? new Uint8Array()
        if (!isSame(before, now)) await keep(path, now)
        return found
      },
      () => lastNamed(path),
    )
  /** Of a model that is served here, channels that nobody asked for yet name nothing. */
  const lastNamed = async (path: string): Promise<Found | undefined> => {
    const found = await local.look(path)
    if (found !== undefined) return found
    const latest = await local.look(path.replace(/[^/]*$/, 'latest'))
    return latest && { ...latest, bytes: new Uint8Array() }
  }
  const manifest = async (path: string, folder: string): Promise<Uint8Array | undefined> => {
    const bytes = await remoteOr(
      () => remote.read(path),
      () => local.read(path),
    )
    const sums = bytes && sumsOf(bytes)
    if (bytes === undefined || sums === undefined) return bytes
    known.delete(folder)
    known.set(folder, { text: bytes, sums })
    if (known.size > MOST_KNOWN) known.delete(known.keys().next().value!)
    return bytes
  }
  const file = async (path: string, folder: string, name: string) => {
    const about = known.get(folder)
    const sum = about?.sums[name]
    if (about === undefined || sum === undefined) return remote.read(path)
    const here = await local.read(path).catch(() => undefined)
    const hit = await isOf(here, sum)
    asked?.(hit)
    if (hit) return here
    const bytes = await remote.read(path)
    if (await isOf(bytes, sum)) {
      await keep(path, bytes!)
      await keepManifest(folder, about.text)
    }
    return bytes
  }
  /** The first file of a version brings it: then there may be too many. */
  const keepManifest = async (folder: string, text: Uint8Array): Promise<void> => {
    const path = `${folder}/${MANIFEST}`
    if (isSame(await local.read(path).catch(() => undefined), text)) return
    await keep(path, text)
    await trim(local, folder, maxBytes).catch(() => undefined)
  }
  return {
    ...remote,
    async read(path) {
      const [name, version, file_, more] = path.split('/')
      if (file_ === undefined || more !== undefined) return (await channel(path))?.bytes
      const folder = `${name}/${version}`
      return file_ === MANIFEST ? manifest(path, folder) : file(path, folder, file_)
    },
    look: path => (path.split('/').length === 2 ? channel(path) : remote.look(path)),
    list: prefix =>
      remoteOr(
        () => remote.list(prefix),
        async () => {
          const paths = await local.list(prefix)
          return paths.length > 0 ? paths : Promise.reject(new Error('nothing is known'))
        },
      ),
  }
}

const DAY_MS = 86_400_000

/** The oldest versions go, but not the one at hand. */
const trim = async (local: ByteStore, current: string, maxBytes: number): Promise<void> => {
  await local.clean(Date.now() - DAY_MS)
  const folders = Map.groupBy(
    (await local.list('')).filter(path => path.split('/').length === 3),
    path => path.split('/').slice(0, 2).join('/'),
  )
  const versions: { folder: string; paths: string[]; created: string; bytes: number }[] = []
  for (const [folder, paths] of folders) {
    const { created, files } = readKept(await local.read(`${folder}/${MANIFEST}`)) ?? NOTHING
    const bytes = Object.values(files).reduce((sum, file) => sum + file.bytes, 0)
    versions.push({ folder, paths, created, bytes })
  }
  const oldestFirst = versions.sort((a, b) => (a.created < b.created ? -1 : 1))
  let all = versions.reduce((sum, { bytes }) => sum + bytes, 0)
  for (const { folder, paths, bytes } of oldestFirst) {
    if (all <= maxBytes) return
    if (folder === current) continue
    for (const path of paths) await local.remove(path)
    all -= bytes
  }
}

const NOTHING = { created: '', files: {} as Sums }

const readKept = (text: Uint8Array | undefined): Manifest | undefined => {
  if (text === undefined) return undefined
  try {
    return readManifest(new TextDecoder().decode(text), MANIFEST)
  } catch {
    return undefined
  }
}

const sumsOf = (text: Uint8Array): Sums | undefined => readKept(text)?.files

const isOf = async (bytes: Uint8Array | undefined, sum: Sums[string]): Promise<boolean> =>
  bytes !== undefined && bytes.length === sum.bytes && (await sha256(bytes)) === sum.sha256

const isSame = (a: Uint8Array | undefined, b: Uint8Array): boolean =>
  a !== undefined && a.length === b.length && a.every((byte, i) => byte === b[i])
