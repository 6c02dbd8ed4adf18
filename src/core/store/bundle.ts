import { LogbertError } from '../errors.ts'
import type { ByteStore } from './byte-store.ts'
import { FORMAT, type Manifest, readManifest } from './manifest.ts'
import { sha256 } from './sha256.ts'

/** Everything that scoring needs. The parts are plain JSON; their owners check them. */
export interface BundleParts {
  /** Template store and header layouts (`templates.json`). */
  templates: unknown
  vocab: unknown
  /** Voices, thresholds and how sessions are built (`calibration.json`). */
  calibration: unknown
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

const JSON_FILES = {
  templates: 'templates.json',
  vocab: 'vocab.json',
  calibration: 'calibration.json',
} as const
const MODEL = 'model.onnx'
const MANIFEST = 'manifest.json'
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/** @throws LogbertError BAD_CONFIG for a name that is no plain file name. */
export const checkName = (name: string): string => {
  if (NAME.test(name)) return name
  throw new LogbertError(
    'BAD_CONFIG',
    `using the model name ${JSON.stringify(name)} failed: use 1 to 64 letters, digits, '.', '_' ` +
      "or '-', beginning with a letter or digit",
  )
}

const encode = (value: unknown): Uint8Array =>
  new TextEncoder().encode(`${JSON.stringify(value)}\n`)

/**
 * Writes a bundle as a new version: its files first, the manifest last, then the `latest` channel.
 * Versions sort by time: `20260105T080000123Z-1f2e3d4c`, the tail being a hash of the contents.
 */
export const publishBundle = async (store: ByteStore, draft: BundleDraft): Promise<Manifest> => {
  checkName(draft.name)
  const files = new Map<string, Uint8Array>()
  for (const [part, file] of Object.entries(JSON_FILES)) {
    files.set(file, encode(draft[part as keyof typeof JSON_FILES]))
  }
  if (draft.model !== undefined) files.set(MODEL, draft.model)
  const digests: Manifest['files'] = {}
  for (const [file, bytes] of files) {
    digests[file] = { bytes: bytes.length, sha256: await sha256(bytes) }
  }
  const created = new Date(draft.created ?? Date.now()).toISOString()
  const hash = await sha256(encode([draft.parent, digests]))
  const manifest: Manifest = {
    format: FORMAT,
    name: draft.name,
    version: `${created.replace(/[-:.]/g, '')}-${hash.slice(0, 8)}`,
    created,
    ...(draft.parent !== undefined && { parent: draft.parent }),
    training: draft.training,
    config: draft.config,
    files: digests,
    ...(draft.evaluation !== undefined && { evaluation: draft.evaluation }),
  }
  const folder = `${manifest.name}/${manifest.version}`
  for (const [file, bytes] of files) await store.write(`${folder}/${file}`, bytes)
  const text = `${JSON.stringify(manifest, null, 2)}\n`
  await store.write(`${folder}/${MANIFEST}`, new TextEncoder().encode(text))
  await pointChannel(store, manifest.name, 'latest', manifest.version)
  return manifest
}

/** Lets a channel (a small file `<name>/<channel>`) name a version. */
export const pointChannel = (
  store: ByteStore,
  name: string,
  channel: string,
  version: string,
): Promise<void> => store.write(`${name}/${channel}`, new TextEncoder().encode(`${version}\n`))

/**
 * The version that a channel names, or the given version itself.
 * @throws LogbertError BAD_BUNDLE when there is no such model.
 */
export const resolveVersion = async (
  store: ByteStore,
  name: string,
  wanted = 'latest',
): Promise<string> => {
  if ((await store.read(`${name}/${wanted}/${MANIFEST}`)) !== undefined) return wanted
  const pointer = await store.read(`${name}/${wanted}`)
  if (pointer !== undefined) return new TextDecoder().decode(pointer).trim()
  const known = (await listBundles(store)).map(entry => `${entry.name}@${entry.version}`)
  throw new LogbertError(
    'BAD_BUNDLE',
    `finding the model ${name}@${wanted} in ${store.about} failed: ` +
      (known.length > 0
        ? `there are ${known.slice(-10).join(', ')}`
        : 'there is none; train one with `logbert train FILE`'),
  )
}

/** Reads and checks the whole of one folder with a manifest; `''` is the store's own root. */
export const readBundle = async (store: ByteStore, folder: string): Promise<Bundle> => {
  const at = (file: string): string => (folder === '' ? file : `${folder}/${file}`)
  const where = (file: string): string => `${store.about}/${at(file)}`
  const raw = await store.read(at(MANIFEST))
  if (raw === undefined) {
    throw new LogbertError(
      'BAD_BUNDLE',
      `reading ${where(MANIFEST)} failed: there is none, so this is no whole bundle (training may ` +
        'have been stopped); name another one or train again',
    )
  }
  const manifest = readManifest(new TextDecoder().decode(raw), where(MANIFEST))
  const files = new Map<string, Uint8Array>()
  for (const file of Object.keys(manifest.files)) {
    files.set(file, await readChecked(store, at(file), manifest.files[file]!))
  }
  const part = (file: string): unknown => {
    const bytes = files.get(file)
    if (bytes !== undefined) return JSON.parse(new TextDecoder().decode(bytes))
    throw new LogbertError(
      'BAD_BUNDLE',
      `reading ${where(MANIFEST)} failed: it lists no ${file}; copy the bundle again or train again`,
    )
  }
  const model = files.get(MODEL)
  return {
    manifest,
    templates: part(JSON_FILES.templates),
    vocab: part(JSON_FILES.vocab),
    calibration: part(JSON_FILES.calibration),
    ...(model !== undefined && { model }),
  }
}

/** @throws LogbertError BAD_BUNDLE when a file is missing, cut off or changed. */
const readChecked = async (
  store: ByteStore,
  path: string,
  expected: { bytes: number; sha256: string },
): Promise<Uint8Array> => {
  const fail = (why: string): never => {
    throw new LogbertError(
      'BAD_BUNDLE',
      `reading ${store.about}/${path} failed: ${why}; copy the bundle again or train again`,
    )
  }
  const bytes = await store.read(path)
  if (bytes === undefined) return fail('the file is missing')
  const sum = await sha256(bytes)
  if (bytes.length !== expected.bytes) {
    return fail(
      `it holds ${bytes.length} bytes, the manifest says ${expected.bytes} ` +
        `(SHA-256 is ${sum}, the manifest says ${expected.sha256})`,
    )
  }
  if (sum !== expected.sha256) {
    return fail(`its SHA-256 is ${sum}, the manifest says ${expected.sha256}`)
  }
  return bytes
}

/** Loads a version, or what a channel names, and checks every file. */
export const loadBundle = async (
  store: ByteStore,
  name: string,
  wanted = 'latest',
): Promise<Bundle> => {
  checkName(name)
  return readBundle(store, `${name}/${await resolveVersion(store, name, wanted)}`)
}

export interface BundleEntry {
  name: string
  version: string
  latest: boolean
}

/** Every whole version in the store, by name, oldest first. */
export const listBundles = async (store: ByteStore): Promise<BundleEntry[]> => {
  const entries: BundleEntry[] = []
  for (const path of await store.list('')) {
    const [name, version, file, more] = path.split('/')
    if (file !== MANIFEST || more !== undefined) continue
    const pointer = await store.read(`${name}/latest`)
    const latest = pointer !== undefined && new TextDecoder().decode(pointer).trim() === version
    entries.push({ name: name!, version: version!, latest })
  }
  return entries
}
