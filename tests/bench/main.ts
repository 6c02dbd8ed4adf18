import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Bench } from './bench.ts'

const notBenches = new Set(['main.ts', 'bench.ts'])

const load = async (): Promise<Bench[]> => {
  const files = readdirSync(import.meta.dir)
    .filter(name => name.endsWith('.ts') && !notBenches.has(name))
    .sort()
  const modules = await Promise.all(files.map(name => import(join(import.meta.dir, name))))
  return modules.flatMap(module => (module.bench === undefined ? [] : [module.bench as Bench]))
}

const benches = await load()
const [name, ...args] = process.argv.slice(2)
const chosen = benches.filter(bench => name === 'all' || bench.name === name)
if (chosen.length === 0) {
  console.log('usage: bun run bench <name|all> [args]\n')
  for (const bench of benches) console.log(`  ${bench.name.padEnd(14)} ${bench.about}`)
  process.exit(name === undefined ? 0 : 2)
}
for (const bench of chosen) await bench.run(args)
