import { LogbertError } from '../errors.ts'
import type { Bundle } from './bundle.ts'
import type { ByteStore } from './byte-store.ts'
import { MANIFEST, type Manifest, readManifest } from './manifest.ts'
import { sha256 } from './sha256.ts'

export const JSON_FILES = {
  templates: 'templates.json',
  vocab: 'vocab.json',
  calibration: 'calibration.json',
} as const
export const MODEL = 'model.onnx'
export const RCA = 'rca.json'

/** A version as its files, every sum compared. */
export interface WholeVersion {
  manifest: Manifest
  /** The manifest as it stands there. */
  text: Uint8Array
  files: Map<string, Uint8Array>
}

/**
 * Reads all files of a folder with a manifest; `''` is the store's own root.
 * @throws LogbertError BAD_BUNDLE naming the file that is missing, cut off or changed, and both sums
 */
export const readWhole = async (store: ByteStore, folder: string): Promise<WholeVersion> => {
  const at = (file: string): string => (folder === '' ? file : `${folder}/${file}`)
  const where = `${store.about}/${at(MANIFEST)}`
  const text = await store.read(at(MANIFEST))
  if (text === undefined) {
    throw new LogbertError(
      'BAD_BUNDLE',
      `reading ${where} failed: there is none, so this is no whole bundle (training may ` +
        'have been stopped); name another one or train again',
    )
  }
  const manifest = readManifest(new TextDecoder().decode(text), where)
  const files = new Map<string, Uint8Array>()
  for (const [file, digest] of Object.entries(manifest.files)) {
    files.set(file, await readChecked(store, at(file), digest))
  }
  for (const file of Object.values(JSON_FILES)) {
    if (files.has(file)) continue
    throw new LogbertError(
      'BAD_BUNDLE',
      `reading ${where} failed: it lists no ${file}; copy the bundle again or train again`,
    )
  }
  return { manifest, text, files }
}

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

/** Reads and checks the whole of one folder with a manifest; `''` is the store's own root. */
export const readBundle = async (store: ByteStore, folder: string): Promise<Bundle> => {
  const { manifest, files } = await readWhole(store, folder)
  const read = (file: string): unknown => JSON.parse(new TextDecoder().decode(files.get(file)))
  const part = (name: keyof typeof JSON_FILES): unknown => read(JSON_FILES[name])
  const model = files.get(MODEL)
  return {
    manifest,
    templates: part('templates'),
    vocab: part('vocab'),
    calibration: part('calibration'),
    ...(files.has(RCA) && { rca: read(RCA) }),
    ...(model !== undefined && { model }),
  }
}
