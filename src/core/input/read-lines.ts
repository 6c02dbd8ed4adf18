import { createLineSplitter, type LineSplitterOptions } from './line-splitter.ts'
import { type Gunzip, unpack } from './unpack.ts'

/**
 * Lines of a byte stream, in batches of one chunk each: unpacked (gzip, Zstandard), decoded, cut.
 * @throws LogbertError BAD_INPUT, while reading, for damaged packing and for what is no text.
 */
export async function* readLines(
  input: AsyncIterable<Uint8Array>,
  options: LineSplitterOptions & { gunzip?: Gunzip } = {},
): AsyncGenerator<string[]> {
  const splitter = createLineSplitter(options)
  for await (const chunk of unpack(input, options.name, options.gunzip)) {
    const lines = splitter.push(chunk)
    if (lines.length > 0) yield lines
  }
  const last = splitter.end()
  if (last.length > 0) yield last
}
