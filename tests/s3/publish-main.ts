import process from 'node:process'
import { publishBundle } from '../../src/core/store/bundle.ts'
import { s3Store } from '../../src/s3/s3-store.ts'

/** Publishes version after version into a bucket until it is killed; says so for each. */
const [address, options, bytes] = process.argv.slice(2)
const store = s3Store(address!, JSON.parse(options!))
const parts = { name: 'app', templates: {}, vocab: {}, calibration: {}, training: {}, config: {} }
for (let i = 0; ; i++) {
  const model = new Uint8Array(Number(bytes)).fill(i)
  const { version } = await publishBundle(store, { ...parts, model })
  process.stdout.write(`${version}\n`)
}
