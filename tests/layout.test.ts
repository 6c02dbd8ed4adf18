import { expect, test } from 'bun:test'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

const root = resolve(import.meta.dir, '..')
const src = join(root, 'src')

const files = (dir: string): string[] =>
  readdirSync(dir).flatMap(name => {
    const path = join(dir, name)
    return statSync(path).isDirectory() ? files(path) : /\.tsx?$/.test(name) ? [path] : []
  })

const IMPORT = /(?:from\s*|import\s*\(?\s*)'([^']+)'/g

const imports = (path: string): string[] =>
  [...readFileSync(path, 'utf8').matchAll(IMPORT)].map(match => match[1]!)

/** First folder below src, or the file itself for main.ts, cli.ts and config.ts. */
const room = (path: string): string => relative(src, path).split('/')[0]!

/** What each room may import beside itself and packages. */
const allowed: Record<string, string[] | 'all'> = {
  core: [],
  platform: ['core'],
  bus: ['core'],
  s3: ['core'],
  inputs: ['core'],
  alerts: ['core'],
  db: ['core'],
  api: ['core', 'db', 'bus'],
  ui: ['core', 'api'],
  'config.ts': ['core', 'config'],
  config: ['core'],
  llm: ['core'],
  'main.ts': 'all',
  'cli.ts': 'all',
  cli: 'all',
  serve: 'all',
}

test('every room imports only what the layout allows it', () => {
  const faults = files(src).flatMap(path => {
    const from = room(path)
    const may = allowed[from]
    if (may === undefined) return [`${relative(root, path)}: no rule for the room '${from}'`]
    return imports(path)
      .filter(target => target.startsWith('.'))
      .map(target => room(resolve(dirname(path), target)))
      .filter(to => to !== from && may !== 'all' && !may.includes(to))
      .map(to => `${relative(root, path)} imports ${to}`)
  })
  expect(faults).toEqual([])
})

test('core uses no runtime module', () => {
  const faults = files(join(src, 'core')).flatMap(path =>
    imports(path)
      .filter(target => /^(node:|bun|#platform)/.test(target))
      .map(target => `${relative(root, path)} imports ${target}`),
  )
  expect(faults).toEqual([])
})

test('the top level holds only what the layout names', () => {
  const known = new Set([
    'package.json',
    'bunfig.toml',
    'tsconfig.json',
    'src',
    'public',
    'config',
    'models',
    'tests',
    'README.md',
    'bun.lock',
    'biome.json',
    'LICENSE',
    'CHANGELOG.md',
    'node_modules',
    'data',
  ])
  const odd = readdirSync(root).filter(name => !name.startsWith('.') && !known.has(name))
  expect(odd).toEqual([])
})
