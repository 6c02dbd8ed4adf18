import { readFile, writeFile } from 'node:fs/promises'
import { configFile, withTable } from './document.ts'

/** Writes config/config.yaml and the table of settings in README.md from the schema. */
if (import.meta.main) {
  const root = new URL('../../', import.meta.url)
  const readme = new URL('README.md', root)
  await writeFile(readme, withTable(await readFile(readme, 'utf8')))
  await writeFile(new URL('config/config.yaml', root), configFile())
}
