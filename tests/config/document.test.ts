import { expect, test } from 'bun:test'
import { configFile, withTable } from '../../src/config/document.ts'
import { keyRows } from '../../src/config/keys.ts'
import { parseConfig } from '../../src/config.ts'

const read = (path: string): Promise<string> =>
  Bun.file(new URL(`../../${path}`, import.meta.url)).text()

test('config/config.yaml and the table in README.md are what the schema says (bun run settings)', async () => {
  expect(await read('config/config.yaml')).toBe(configFile())
  const readme = await read('README.md')
  expect(readme).toBe(withTable(readme))
})

test('the documented file holds exactly the defaults', () => {
  expect(parseConfig({ yaml: configFile() })).toEqual(parseConfig())
})

test('every section and key says what it is for', () => {
  const silent = keyRows().filter(
    ({ about, kind, range }) => about === '' || (kind === 'key' && range === ''),
  )
  expect(silent).toEqual([])
  expect(keyRows().map(row => row.path)).toContain('rca.llm.model')
})
