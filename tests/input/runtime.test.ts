import { expect, test } from 'bun:test'
import { testFolder } from '../cli/folder.ts'
import { spawnScript } from '../runtime/spawn.ts'

const { put } = testFolder()

test.each(['bun', 'deno'] as const)('%s reads packed files of several members', async runtime => {
  const parts = ['a\nb', 'c\r\nd\u00e9'].map(text => Buffer.from(text))
  const gzip = Buffer.concat(parts.map(part => Bun.gzipSync(part)))
  const zstd = Buffer.concat(parts.map(part => Bun.zstdCompressSync(part)))
  const files = [
    put('two.gz', gzip),
    put('two.zst', zstd),
    put('plain', 'a\nbc\nd\u00e9'),
    put('cut.gz', gzip.subarray(0, gzip.length - 9)),
  ]
  const script = 'tests/input/runtime-main.ts'
  const { lines, code, errors } = await spawnScript(runtime, script, files)
  expect(code, errors).toBe(0)
  const wanted = { lines: ['a', 'bc', 'd\u00e9'] }
  expect(lines.slice(0, 3)).toEqual([wanted, wanted, wanted])
  expect(lines[3]).toEqual({ fault: expect.stringContaining('damaged or cut off') })
})
