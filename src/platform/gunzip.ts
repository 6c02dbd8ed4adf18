import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

/**
 * Unpacks gzip of any number of members one after another; the web's DecompressionStream takes one
 * only (Compression Streams, section 5: what follows the first is an error).
 */
export async function* gunzip(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const unpacked = createGunzip({ chunkSize: 1 << 18 })
  // A fault of the input or of its packing comes out of the loop below.
  pipeline(Readable.from(input, { objectMode: true }), unpacked, () => undefined)
  yield* unpacked as AsyncIterable<Uint8Array>
}
