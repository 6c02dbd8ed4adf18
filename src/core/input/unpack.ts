import { Decompress } from 'fzstd'
import { LogbertError } from '../errors.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** Unpacks gzip; the runtime brings its own where it has a better one than the web's. */
export type Gunzip = (input: AsyncGenerator<Uint8Array>) => AsyncIterable<Uint8Array>

/**
 * Unpacks gzip and Zstandard, told by their first bytes whatever the name says; anything else comes
 * out as it is. Several members or frames after one another are one text.
 * @throws LogbertError BAD_INPUT, while reading, when packed data is damaged or ends too early.
 */
export async function* unpack(
  input: AsyncIterable<Uint8Array>,
  name = 'input',
  gunzip: Gunzip = webGunzip,
): AsyncGenerator<Uint8Array> {
  const chunks = input[Symbol.asyncIterator]()
  try {
    const head = await readHead(chunks)
    const packing = packingOf(head)
    const all = chain(head, chunks)
    yield* packing === undefined
      ? all
      : unpackAs(packing, packing === 'gzip' ? gunzip(all) : unzstd(all), name)
  } finally {
    // A reader that leaves early must not leave the file open.
    await chunks.return?.()
  }
}

async function* unpackAs(
  packing: 'gzip' | 'zstd',
  unpacked: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array> {
  let bytes = 0
  try {
    for await (const chunk of unpacked) {
      bytes += chunk.length
      yield chunk
    }
  } catch (cause) {
    if (cause instanceof LogbertError) throw cause
    throw new LogbertError(
      'BAD_INPUT',
      `reading ${name} failed: its ${packing} data is damaged or cut off after ${bytes} bytes of ` +
        `text (${cause instanceof Error ? cause.message : cause}); copy the file again, or save ` +
        `what is whole with ${packing === 'gzip' ? '`gzip -dc FILE`' : '`zstd -dc FILE`'} and pass that`,
      { cause },
    )
  }
}

const packingOf = (head: Uint8Array): 'gzip' | 'zstd' | undefined => {
  const [a, b, c, d] = head
  if (a === 0x1f && b === 0x8b) return 'gzip'
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return 'zstd'
  return undefined
}

/** Reads until four bytes are there or the input ends. */
const readHead = async (chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array> => {
  let head: Uint8Array = new Uint8Array()
  while (head.length < 4) {
    const { done, value } = await chunks.next()
    if (done) break
    if (head.length === 0) head = value
    else {
      const joined = new Uint8Array(head.length + value.length)
      joined.set(head)
      joined.set(value, head.length)
      head = joined
    }
  }
  return head
}

async function* chain(
  head: Uint8Array,
  chunks: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head
  for (;;) {
    const { done, value } = await chunks.next()
    if (done) return
    yield value
  }
}

/** One member only, but for Bun, which takes several. */
async function* webGunzip(input: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = new ReadableStream<Bytes>({
    async pull(controller) {
      const { done, value } = await input.next()
      if (done) controller.close()
      else controller.enqueue(value as Bytes)
    },
  })
  const reader = source.pipeThrough(new DecompressionStream('gzip')).getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield value
  }
}

async function* unzstd(input: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  let out: Uint8Array[] = []
  const zstd = new Decompress(chunk => {
    // The window is reused: what is handed out must be a copy.
    if (chunk.length > 0) out.push(chunk.slice())
  })
  for await (const chunk of input) {
    zstd.push(chunk)
    yield* out
    out = []
  }
  zstd.push(new Uint8Array(), true)
  yield* out
}
