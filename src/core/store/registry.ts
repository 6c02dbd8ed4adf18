import { LogbertError } from '../errors.ts'
import {
  absentVersion,
  type Bundle,
  type BundleDraft,
  checkName,
  listBundles,
  loadBundle,
  resolveVersion,
} from './bundle.ts'
import type { ByteStore } from './byte-store.ts'
import {
  advanceLatest,
  CHANNELS,
  type Channel,
  offerVersion,
  readChannel,
  readChannels,
  swapLatest,
} from './channels.ts'
import { MANIFEST, type Manifest, readManifest } from './manifest.ts'
import { removeVersion } from './remove-version.ts'
import { type Swept, sweepStore } from './sweep.ts'
import { versionOf, writeVersion } from './write-version.ts'

export type { Channel } from './channels.ts'

export interface ModelVersion {
  manifest: Manifest
  channels: Channel[]
}

/**
 * Versions of models on a byte store. A version never changes once its manifest is there; channels
 * are small files moved by compare-and-swap, so that of two who move one at the same time only one
 * wins.
 */
export interface Registry {
  /**
   * Writes the files, then the manifest; moves no channel. The very same version once more is fine.
   * @throws LogbertError CONFLICT when there is another of its id
   */
  publish(draft: BundleDraft): Promise<Manifest>
  /** Lets `candidate` name a version. @throws LogbertError BAD_BUNDLE when there is none such */
  offer(name: string, version: string): Promise<void>
  /**
   * `latest` becomes this version (or the candidate), `previous` what `latest` was. All of its files
   * are read and compared first.
   * @param expected version that `latest` must name still (null: none yet); any when absent
   * @throws LogbertError BAD_BUNDLE when there is no such whole version, CONFLICT when another
   * publisher was faster, the version is `latest` already, or there is no candidate
   */
  promote(name: string, version?: string, expected?: string | null): Promise<ModelVersion>
  /**
   * `latest` becomes `previous` and the other way round.
   * @throws LogbertError BAD_BUNDLE when that one is damaged, CONFLICT when there is none
   */
  rollback(name: string): Promise<ModelVersion>
  /** @throws LogbertError CONFLICT while a channel names it, BAD_BUNDLE when there is none such */
  remove(name: string, version: string): Promise<void>
  /** Reads a version or a channel's, every checksum compared. */
  load(name: string, wanted?: string): Promise<Bundle>
  /** What a channel names; undefined when it names nothing. */
  resolve(name: string, channel: Channel): Promise<string | undefined>
  /**
   * All whole versions of all models or of one, newest first. One whose manifest is damaged is left
   * out (`logbert models verify` names it).
   */
  list(name?: string): Promise<ModelVersion[]>
  /**
   * Removes half-written and half-removed versions that nobody has touched for so long.
   * @param olderThanMs a day when absent; longer than any publishing takes
   */
  sweep(olderThanMs?: number): Promise<Swept>
}

const DAY_MS = 86_400_000

/** The registry of the models in a store. */
export const createRegistry = (store: ByteStore): Registry => {
  const told = async (manifest: Manifest): Promise<ModelVersion> => {
    const named = await readChannels(store, manifest.name)
    const channels = CHANNELS.filter(each => named[each].version === manifest.version)
    return { manifest, channels }
  }
  const needModel = async (name: string, wanted: Channel): Promise<void> => {
    const known = (await listBundles(store)).some(entry => entry.name === name)
    if (!known) throw await absentVersion(store, name, wanted)
  }
  return {
    async publish(draft) {
      checkName(draft.name)
      const whole = await versionOf(draft)
      await writeVersion(store, whole)
      return whole.manifest
    },
    async offer(name, version) {
      await offerVersion(store, name, await resolveVersion(store, name, version))
    },
    async promote(name, version, expected) {
      const seen = await readChannels(store, checkName(name))
      const now = seen.latest.version
      const asked = version ?? seen.candidate.version
      if (asked === undefined) {
        await needModel(name, 'candidate')
        throw conflict(`promoting ${name}`, 'there is no candidate; name a version')
      }
      const wanted = await resolveVersion(store, name, asked)
      if (expected !== undefined && (now ?? null) !== expected) {
        throw conflict(
          `promoting ${name}@${wanted}`,
          `latest is ${now ?? 'none'} by now, not ${expected ?? 'none'}; compare with that one first`,
        )
      }
      if (now === wanted) throw conflict(`promoting ${name}@${wanted}`, 'it is latest already')
      const { manifest } = await loadBundle(store, name, wanted)
      await advanceLatest(store, name, wanted, seen)
      return told(manifest)
    },
    async rollback(name) {
      const seen = await readChannels(store, checkName(name))
      const [now, before] = [seen.latest.version, seen.previous.version]
      if (before === undefined || before === now) {
        await needModel(name, 'previous')
        throw conflict(
          `rolling ${name} back`,
          'nothing was before latest; promote a version by name',
        )
      }
      const { manifest } = await loadBundle(store, name, before)
      await swapLatest(store, name, seen)
      return told(manifest)
    },
    remove: (name, version) => removeVersion(store, name, version),
    load: (name, wanted) => loadBundle(store, name, wanted),
    resolve: async (name, channel) => (await readChannel(store, checkName(name), channel)).version,
    async list(name) {
      const entries = await listBundles(store)
      const own = entries.filter(entry => name === undefined || entry.name === name)
      const read = own.map(async ({ name: model, version, channels }) => {
        const manifest = await manifestOf(store, model, version)
        return manifest === undefined ? [] : [{ manifest, channels }]
      })
      const all = (await Promise.all(read)).flat()
      return all.sort((a, b) => newestFirst(a.manifest, b.manifest))
    },
    sweep: (olderThanMs = DAY_MS) => sweepStore(store, Date.now() - olderThanMs),
  }
}

const conflict = (action: string, why: string): LogbertError =>
  new LogbertError('CONFLICT', `${action} failed: ${why}`)

const manifestOf = async (
  store: ByteStore,
  name: string,
  version: string,
): Promise<Manifest | undefined> => {
  const path = `${name}/${version}/${MANIFEST}`
  const text = await store.read(path)
  if (text === undefined) return undefined
  try {
    const manifest = readManifest(new TextDecoder().decode(text), `${store.about}/${path}`)
    return manifest.name === name && manifest.version === version ? manifest : undefined
  } catch (error) {
    if (error instanceof LogbertError) return undefined
    throw error
  }
}

const newestFirst = (a: Manifest, b: Manifest): number =>
  compare(b.created, a.created) || compare(a.name, b.name) || compare(b.version, a.version)

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
