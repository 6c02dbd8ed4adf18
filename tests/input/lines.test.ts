import { expect, test } from 'bun:test'
import { createLineStats } from '../../src/core/input/line-splitter.ts'
import { readLines } from '../../src/core/input/read-lines.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

const read = async (
  parts: Uint8Array[],
  options: { maxLine?: number } = {},
): Promise<{ lines: string[]; stats: ReturnType<typeof createLineStats> }> => {
  const stats = createLineStats()
  const chunks = async function* () {
    yield* parts
  }
  const lines: string[] = []
  for await (const batch of readLines(chunks(), { ...options, stats })) lines.push(...batch)
  return { lines, stats }
}

const everyByte = (data: Uint8Array): Uint8Array[] => Array.from(data, byte => Uint8Array.of(byte))

test('lines end at LF or CRLF, the last one also at the end', async () => {
  const text = 'one\r\ntwo\n\nföur\r\n last \r'
  const wanted = ['one', 'two', '', 'föur', ' last ']
  expect((await read([bytes(text)])).lines).toEqual(wanted)
  expect((await read(everyByte(bytes(text)))).lines).toEqual(wanted)
})

test('an empty input has no lines', async () => {
  expect((await read([])).lines).toEqual([])
  expect((await read([new Uint8Array()])).lines).toEqual([])
})

test('wrong bytes and NULs stay visible and are counted', async () => {
  const data = Buffer.concat([bytes('good\nb'), Uint8Array.of(0xff), bytes('d line\nnul\0\n')])
  const { lines, stats } = await read([data])
  expect(lines).toEqual(['good', 'b\uFFFDd line', 'nul\0'])
  expect(stats).toMatchObject({ lines: 3, replaced: 1, nul: 1, bytes: data.length })
})

test('a line of 10 MB is cut at the limit, whatever the chunks', async () => {
  const long = bytes(`a\n${'x'.repeat(10 << 20)}\nb\n`)
  const chunks = Array.from({ length: Math.ceil(long.length / 65_536) }, (_, i) =>
    long.subarray(i * 65_536, (i + 1) * 65_536),
  )
  for (const parts of [[long], chunks]) {
    const { lines, stats } = await read(parts, { maxLine: 1000 })
    expect(lines).toEqual(['a', 'x'.repeat(1000), 'b'])
    expect(stats.cut).toBe(1)
  }
})

test('a line of exactly the limit is whole, with CRLF too', async () => {
  const { lines, stats } = await read(everyByte(bytes('abcd\r\nabcde\n')), { maxLine: 4 })
  expect(lines).toEqual(['abcd', 'abcd'])
  expect(stats.cut).toBe(1)
})

test('gzip and Zstandard are told by their bytes; several members are one text', async () => {
  const parts = ['a\nb', 'c\nd'].map(bytes)
  const gzip = Buffer.concat(parts.map(part => Bun.gzipSync(Buffer.from(part))))
  const zstd = Buffer.concat(parts.map(part => Bun.zstdCompressSync(part)))
  for (const data of [gzip, zstd]) {
    expect((await read([data])).lines).toEqual(['a', 'bc', 'd'])
    expect((await read(everyByte(data))).lines).toEqual(['a', 'bc', 'd'])
  }
})

test('packed data that is cut off fails and says what to do', async () => {
  const text = bytes(Array.from({ length: 5000 }, (_, i) => `line ${i * 7919}\n`).join(''))
  for (const data of [Bun.gzipSync(Buffer.from(text)), Bun.zstdCompressSync(text)]) {
    const cut = data.subarray(0, data.length - 20)
    expect(read([new Uint8Array(cut)])).rejects.toThrow(/damaged or cut off/)
  }
})

test('what is no text is refused', async () => {
  const noise = new Uint8Array(4096).map((_, i) => (i * 197 + (i >> 3)) & 255)
  expect(read([noise])).rejects.toThrow(/is no text/)
})

test('UTF-16 with a byte order mark is read', async () => {
  const utf16 = new Uint8Array(Buffer.from('\uFEFFeins\r\nzwei\n', 'utf16le'))
  expect((await read([utf16])).lines).toEqual(['eins', 'zwei'])
})
