import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

const src = resolve(import.meta.dir, '../../src')
const transpiler = new Bun.Transpiler({ loader: 'ts' })

/** Packages that are loaded with a file at once, each with the way by which it comes. */
const packagesOf = (entry: string): Map<string, string> => {
  const packages = new Map<string, string>()
  const ways = new Map([[entry, relative(src, entry)]])
  for (const [path, way] of ways) {
    for (const { path: target, kind } of transpiler.scanImports(
      readFileSync(path, 'utf8').replace(/^#!.*/, ''),
    )) {
      if (kind !== 'import-statement') continue
      if (!target.startsWith('.')) {
        if (!packages.has(target)) packages.set(target, way)
        continue
      }
      const file = resolve(dirname(path), target)
      if (!ways.has(file) && file.endsWith('.ts')) ways.set(file, `${way} → ${relative(src, file)}`)
    }
  }
  return packages
}

test.each([
  'main.ts',
  'cli.ts',
  'serve/start.ts',
  'serve/pipeline/worker.ts',
  'serve/train-worker.ts',
])('%s does not wait for the client of Kafka: it is loaded where it is wanted only', file => {
  const packages = packagesOf(join(src, file))
  expect(packages.size).toBeGreaterThan(0)
  expect([...packages].filter(([name]) => /kafka|lz4/.test(name))).toEqual([])
})

test('what speaks to Kafka is found to load it', () => {
  expect([...packagesOf(join(src, 'cli/tail-topic.ts')).keys()]).toContain('kafkajs')
})
