import { LogbertError } from '../core/errors.ts'
import { listBundles, loadBundle } from '../core/store/bundle.ts'
import type { Manifest } from '../core/store/manifest.ts'
import { folderStore } from '../platform/files.ts'
import { type Command, EXIT, type Io, textOf } from './command.ts'
import { openModel, splitName } from './model-place.ts'

export const modelsCommand: Command = {
  name: 'models',
  about: 'list, inspect, verify trained models',
  help: `logbert models [list] [--models DIR] [--json]
logbert models inspect NAME[@VERSION]|DIR
logbert models verify [NAME[@VERSION]|DIR]

list     every version, oldest first; * marks the one that NAME alone means
inspect  its manifest: training data, configuration, evaluation, sizes and checksums
verify   reads every file and checks its length and SHA-256; all versions when none is named

  --models DIR   where models live (models)
  --json         one JSON object a line

Exit codes: 0 done, all sound; 1 no such model, or one is damaged; 2 wrong usage
`,
  options: { models: { type: 'string' }, json: { type: 'boolean' } },
  async run(values, [action = 'list', where], io) {
    const models = textOf(values, 'models') ?? 'models'
    const json = values.json === true
    if (action === 'list') return list(models, json, io)
    if (action === 'verify') return verify(models, where, json, io)
    if (action === 'inspect' && where !== undefined) {
      const { manifest } = await openModel(where, models)
      await io.out(
        json ? `${JSON.stringify(manifest)}\n` : `${JSON.stringify(manifest, null, 2)}\n`,
      )
      return EXIT.ok
    }
    throw new LogbertError(
      'BAD_CONFIG',
      action === 'inspect'
        ? 'logbert models inspect needs a NAME or DIR'
        : `there is no 'logbert models ${action}'; use list, inspect or verify`,
    )
  },
}

const sizeOf = (manifest: Manifest): number =>
  Object.values(manifest.files).reduce((sum, file) => sum + file.bytes, 0)

const list = async (models: string, json: boolean, io: Io): Promise<number> => {
  const store = folderStore(models)
  const entries = await listBundles(store)
  if (entries.length === 0) {
    io.err(`there are no models in ${models}; train one with: logbert train FILE\n`)
  }
  for (const entry of entries) {
    const { name, version, latest } = entry
    await io.out(json ? `${JSON.stringify(entry)}\n` : `${latest ? '*' : ' '} ${name}@${version}\n`)
  }
  return EXIT.ok
}

const verify = async (
  models: string,
  where: string | undefined,
  json: boolean,
  io: Io,
): Promise<number> => {
  const store = folderStore(models)
  const all =
    where === undefined
      ? (await listBundles(store)).map(({ name, version }) => `${name}@${version}`)
      : [where]
  let damaged = 0
  for (const each of all) {
    const { name, version } = splitName(each)
    try {
      const opening =
        where === undefined ? loadBundle(store, name, version) : openModel(each, models)
      const { manifest } = await opening
      const bytes = sizeOf(manifest)
      const files = Object.keys(manifest.files).length
      await io.out(
        json
          ? `${JSON.stringify({ model: each, sound: true, files, bytes })}\n`
          : `sound    ${each}  ${files} files, ${bytes.toLocaleString('en')} bytes\n`,
      )
    } catch (error) {
      if (!(error instanceof LogbertError) || error.code !== 'BAD_BUNDLE') throw error
      damaged++
      await io.out(
        json
          ? `${JSON.stringify({ model: each, sound: false, fault: error.message })}\n`
          : `DAMAGED  ${each}  ${error.message}\n`,
      )
    }
  }
  if (all.length === 0) io.err(`there are no models in ${models}\n`)
  return damaged > 0 ? EXIT.failure : EXIT.ok
}
