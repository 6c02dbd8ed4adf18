import { LogbertError } from '../errors.ts'
import type { ByteStore } from './byte-store.ts'
import { advanceLatest, CHANNELS, type Channel, readChannel, readChannels } from './channels.ts'
import { checkVersion, MANIFEST, type Manifest } from './manifest.ts'
import { readBundle } from './read-bundle.ts'
import { versionOf, writeVersion } from './write-version.ts'

export { readBundle } from './read-bundle.ts'

/** Everything that scoring needs. The parts are plain JSON; their owners check them. */
export interface BundleParts {
  /** Template store and header layouts (`templates.json`). */
  templates: unknown
  vocab: unknown
  /** Voices, thresholds and how sessions are built (`calibration.json`). */
  calibration: unknown
  /** What root-cause analysis knows of normal time (`rca.json`); older bundles have none. */
  rca?: unknown
  /** Scoring graph (`model.onnx`); absent while no network has been trained. */
  model?: Uint8Array
}

export interface Bundle extends BundleParts {
  manifest: Manifest
}

/** What the publisher knows beside the parts. */
export interface BundleDraft extends BundleParts {
  name: string
  parent?: string
  training: Record<string, unknown>
  config: Record<string, unknown>
  evaluation?: Record<string, unknown>
  /** Epoch ms; now when absent. */
  created?: number
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
/** Others may be as eager to be `latest`; the last of them is. */
const MOST_TRIES = 50

/** @throws LogbertError BAD_CONFIG for a name that is no plain file name. */
export const checkName = (name: string): string => {
  if (NAME.test(name)) return name
  throw new LogbertError(
    'BAD_CONFIG',
    `using the model name ${JSON.stringify(name)} failed: use 1 to 64 letters, digits, '.', '_' ` +
      "or '-', beginning with a letter or digit",
  )
}

/** Writes a bundle as a new version and lets `latest` name it, whatever it named before. */
export const publishBundle = async (store: ByteStore, draft: BundleDraft): Promise<Manifest> => {
  checkName(draft.name)
  const whole = await versionOf(draft)
  await writeVersion(store, whole)
  const { name, version } = whole.manifest
  for (let tries = MOST_TRIES; ; tries--) {
    const seen = await readChannels(store, name)
    if (seen.latest.version === version) return whole.manifest
    try {
      await advanceLatest(store, name, version, seen)
    } catch (error) {
      if (!(error instanceof LogbertError) || error.code !== 'CONFLICT' || tries === 1) throw error
    }
  }
}

/**
 * The version that a channel names, or the given version itself.
 * @throws LogbertError BAD_BUNDLE when there is no such model.
 */
export const resolveVersion = async (
  store: ByteStore,
  name: string,
  wanted = 'latest',
): Promise<string> => {
  checkName(name)
  checkVersion(wanted, `${name}@${wanted}`)
  if ((await store.read(`${name}/${wanted}/${MANIFEST}`)) !== undefined) return wanted
  if (CHANNELS.includes(wanted as Channel)) {
    const { version } = await readChannel(store, name, wanted as Channel)
    if (version !== undefined) return version
  }
  throw await absentVersion(store, name, wanted)
}

/** The error that says which versions there are instead. */
export const absentVersion = async (
  store: ByteStore,
  name: string,
  wanted: string,
): Promise<LogbertError> => {
  const all = await listBundles(store)
  const own = all.filter(entry => entry.name === name)
  const known = (own.length > 0 ? own : all).map(entry => `${entry.name}@${entry.version}`)
  return new LogbertError(
    'BAD_BUNDLE',
    `finding the model ${name}@${wanted} in ${store.about} failed: ` +
      (known.length > 0
        ? `there are ${known.slice(-10).join(', ')}`
        : 'there is none; train one with `logbert train FILE`'),
  )
}

/** Loads a version, or what a channel names, and checks every file. */
export const loadBundle = async (
  store: ByteStore,
  name: string,
  wanted = 'latest',
): Promise<Bundle> => {
  const version = await resolveVersion(store, name, wanted)
  const bundle = await readBundle(store, `${name}/${version}`)
  const { manifest } = bundle
  if (manifest.name === name && manifest.version === version) return bundle
  throw new LogbertError(
    'BAD_BUNDLE',
    `reading ${store.about}/${name}/${version}/${MANIFEST} failed: it is that of ${manifest.name}@` +
      `${manifest.version}; copy models with \`logbert models export\` and \`import\``,
  )
}

export interface BundleEntry {
  name: string
  version: string
  latest: boolean
  channels: Channel[]
}

/** Every whole version in the store, by name, oldest first. */
export const listBundles = async (store: ByteStore): Promise<BundleEntry[]> => {
  const versions = new Map<string, string[]>()
  for (const path of await store.list('')) {
    const [name = '', version = '', file, more] = path.split('/')
    if (file !== MANIFEST || more !== undefined || !NAME.test(name)) continue
    versions.set(name, [...(versions.get(name) ?? []), version])
  }
  const entries: BundleEntry[] = []
  for (const [name, all] of versions) {
    const named = await readChannels(store, name)
    for (const version of all) {
      const channels = CHANNELS.filter(channel => named[channel].version === version)
      entries.push({ name, version, latest: channels.includes('latest'), channels })
    }
  }
  return entries
}
