import process from 'node:process'
import { publishBundle } from '../../src/core/store/bundle.ts'
import { folderStore } from '../../src/platform/files.ts'

/** Publishes version after version into a folder until it is killed; says so for each. */
const store = folderStore(process.argv[2]!)
const parts = { name: 'app', templates: {}, vocab: {}, calibration: {}, training: {}, config: {} }
for (let i = 0; ; i++) {
  const model = new Uint8Array(200_000).fill(i)
  const { version } = await publishBundle(store, { ...parts, model })
  process.stdout.write(`${version}\n`)
}
