import { LogbertError } from '../errors.ts'
import type { ByteStore } from './byte-store.ts'
import { checkVersion, MANIFEST } from './manifest.ts'

/** `latest` is served, `previous` was before it, `candidate` waits to be promoted. */
export type Channel = 'latest' | 'previous' | 'candidate'

export const CHANNELS: readonly Channel[] = ['latest', 'previous', 'candidate']

/** What a channel names, and the tag by which it is moved on. */
interface Pointer {
  version?: string
  tag: string | null
}

export type Channels = Record<Channel, Pointer>

/**
 * A channel is a small file `<name>/<channel>` that holds a version; it names nothing when it is
 * empty or absent.
 */
export const readChannel = async (
  store: ByteStore,
  name: string,
  channel: Channel,
): Promise<Pointer> => {
  const found = await store.look(`${name}/${channel}`)
  if (found === undefined) return { tag: null }
  const version = new TextDecoder().decode(found.bytes).trim()
  const where = `${store.about}/${name}/${channel}`
  return { tag: found.tag, ...(version !== '' && { version: checkVersion(version, where) }) }
}

export const readChannels = async (store: ByteStore, name: string): Promise<Channels> => ({
  latest: await readChannel(store, name, 'latest'),
  previous: await readChannel(store, name, 'previous'),
  candidate: await readChannel(store, name, 'candidate'),
})

/** Lets `candidate` name a version. @throws LogbertError CONFLICT when it is removed meanwhile */
export const offerVersion = async (
  store: ByteStore,
  name: string,
  version: string,
): Promise<void> => {
  for (;;) {
    const { tag } = await readChannel(store, name, 'candidate')
    if (await point(store, `${name}/candidate`, tag, version)) break
  }
  if (await isThere(store, name, version)) return
  const { version: now, tag } = await readChannel(store, name, 'candidate')
  if (now === version) await point(store, `${name}/candidate`, tag)
  throw removed(name, version)
}

/**
 * `latest` becomes the version, `previous` what `latest` was; a candidate of that version is none any
 * longer. `previous` goes first: should this be broken off, what was served is served still.
 * @param seen the channels by which it was decided
 * @throws LogbertError CONFLICT when somebody moved them since, or the version is removed meanwhile
 */
export const advanceLatest = async (
  store: ByteStore,
  name: string,
  version: string,
  { latest, previous, candidate }: Channels,
): Promise<void> => {
  if (latest.version !== undefined && previous.version !== latest.version) {
    const set = await point(store, `${name}/previous`, previous.tag, latest.version)
    // Who promotes another version at the same time sets it to the same.
    const now = set ? latest : await readChannel(store, name, 'previous')
    if (now.version !== latest.version) throw moved(store, name)
  }
  if (!(await point(store, `${name}/latest`, latest.tag, version))) throw moved(store, name)
  if (!(await isThere(store, name, version))) {
    const now = await readChannels(store, name)
    if (now.latest.version === version) {
      await point(store, `${name}/latest`, now.latest.tag, latest.version)
      await point(store, `${name}/previous`, now.previous.tag, previous.version)
    }
    throw removed(name, version)
  }
  if (candidate.version === version) await point(store, `${name}/candidate`, candidate.tag)
}

/** `latest` and `previous` change places. @throws LogbertError CONFLICT when somebody moved them */
export const swapLatest = async (
  store: ByteStore,
  name: string,
  { latest, previous }: Channels,
): Promise<void> => {
  if (!(await point(store, `${name}/latest`, latest.tag, previous.version))) {
    throw moved(store, name)
  }
  await point(store, `${name}/previous`, previous.tag, latest.version)
}

/** Lets the file name a version, or nothing, unless it has changed since the tag was read. */
const point = (
  store: ByteStore,
  path: string,
  tag: string | null,
  version?: string,
): Promise<boolean> =>
  store.swap(path, tag, new TextEncoder().encode(version === undefined ? '' : `${version}\n`))

/**
 * Who removes a version takes its manifest away and looks after that whether a channel names it; who
 * moves a channel looks after that whether the manifest is there: one of the two sees the other.
 */
const isThere = async (store: ByteStore, name: string, version: string): Promise<boolean> =>
  (await store.read(`${name}/${version}/${MANIFEST}`)) !== undefined

const moved = (store: ByteStore, name: string): LogbertError =>
  new LogbertError(
    'CONFLICT',
    `moving latest of ${name} in ${store.about} failed: somebody else moved it at the same time; see ` +
      'what it names now, and try again if that is wrong',
  )

const removed = (name: string, version: string): LogbertError =>
  new LogbertError(
    'CONFLICT',
    `naming ${name}@${version} failed: it was removed at the same time; name another version`,
  )
