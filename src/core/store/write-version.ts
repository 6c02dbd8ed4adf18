import { LogbertError } from '../errors.ts'
import type { BundleDraft } from './bundle.ts'
import type { ByteStore } from './byte-store.ts'
import { FORMAT, MANIFEST, type Manifest } from './manifest.ts'
import { JSON_FILES, MODEL, RCA, type WholeVersion } from './read-bundle.ts'
import { sha256 } from './sha256.ts'

const encode = (value: unknown): Uint8Array =>
  new TextEncoder().encode(`${JSON.stringify(value)}\n`)

/**
 * The files and the manifest of a draft. Versions sort by time: `20260105T080000123Z-1f2e3d4c`, the
 * tail being a hash of the contents.
 */
export const versionOf = async (draft: BundleDraft): Promise<WholeVersion> => {
  const files = new Map<string, Uint8Array>()
  for (const [part, file] of Object.entries(JSON_FILES)) {
    files.set(file, encode(draft[part as keyof typeof JSON_FILES]))
  }
  if (draft.rca !== undefined) files.set(RCA, encode(draft.rca))
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
  return {
    manifest,
    text: new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`),
    files,
  }
}

/**
 * Writes a version: its files first, the manifest last, so that nobody ever sees half of it. The
 * very same version once more is no fault, and mends a damaged one: who was stopped after publishing
 * may begin again.
 * @throws LogbertError CONFLICT when there is another of this id: versions never change
 */
export const writeVersion = async (store: ByteStore, whole: WholeVersion): Promise<void> => {
  const { manifest, text, files } = whole
  const folder = `${manifest.name}/${manifest.version}`
  const manifestThere = () => store.read(`${folder}/${MANIFEST}`)
  const there = await manifestThere()
  if (there === undefined || isSame(there, text)) {
    for (const [file, bytes] of files) {
      const path = `${folder}/${file}`
      if (!isSame(await store.read(path), bytes)) await store.write(path, bytes)
    }
    if (there !== undefined || (await store.swap(`${folder}/${MANIFEST}`, null, text))) return
    if (isSame(await manifestThere(), text)) return
  }
  throw new LogbertError(
    'CONFLICT',
    `publishing ${manifest.name}@${manifest.version} in ${store.about} failed: there is another of ` +
      'this version already, and versions never change; remove that one first',
  )
}

const isSame = (a: Uint8Array | undefined, b: Uint8Array): boolean =>
  a !== undefined && a.length === b.length && a.every((byte, i) => byte === b[i])
