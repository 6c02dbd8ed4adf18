import { readdirSync } from 'node:fs'
import { learnHeader } from '../../src/core/parse/header.ts'
import { createHeaderFields, createHeaderReader } from '../../src/core/parse/header-reader.ts'
import { dataPath, readData } from '../data.ts'
import type { Bench } from './bench.ts'

/** One column of a CSV text with quoted fields. */
const csvColumn = (text: string, column: string): string[] => {
  const rows: string[][] = [[]]
  let field = ''
  let quoted = false
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i]!
    if (quoted) {
      if (char !== '"') field += char
      else if (text[i + 1] === '"') {
        field += '"'
        i += 1
      } else quoted = false
    } else if (char === '"') quoted = true
    else if (char === ',' || char === '\n') {
      rows.at(-1)!.push(field.replace(/\r$/, ''))
      field = ''
      if (char === '\n') rows.push([])
    } else field += char
  }
  const index = rows[0]!.indexOf(column)
  return rows
    .slice(1)
    .filter(row => row.length > 1)
    .map(row => row[index]!)
}

const cut = async (system: string, verbose: boolean): Promise<string> => {
  const base = `loghub_2k/${system}/${system}_2k.log`
  const lines = (await readData(`${base}.gz`)).split(/\r?\n/).filter(line => line !== '')
  const truth = csvColumn(await readData(`${base}_structured_corrected.csv.gz`), 'Content')
  const started = performance.now()
  const plan = learnHeader(lines.slice(0, 1000))
  const learned = performance.now() - started
  const reader = createHeaderReader(plan)
  const out = createHeaderFields()
  let [exact, dated, leveled] = [0, 0, 0]
  const wrong: string[] = []
  lines.forEach((line, i) => {
    const start = reader.read(line, Date.UTC(2026, 0, 1), out)
    const content = (out.message ?? line.slice(start)).trim()
    if (content === truth[i]!.trim()) exact += 1
    else wrong.push(`${line}\n      got  ${content}\n      true ${truth[i]}`)
    if (out.dated) dated += 1
    if (out.level !== undefined) leveled += 1
  })
  const rounds = 200_000 / lines.length
  const from = performance.now()
  for (let round = 0; round < rounds; round += 1)
    for (const line of lines) reader.read(line, 0, out)
  const each = ((performance.now() - from) * 1e6) / (rounds * lines.length)
  const percent = (count: number): string => `${((100 * count) / lines.length).toFixed(1)} %`
  if (verbose) {
    for (const text of wrong.slice(0, 5)) console.log(`    ${text}`)
    console.log(JSON.stringify(plan, null, 1).replace(/\n\s+/g, ' '))
  }
  return [
    system.padEnd(10),
    `cut ${percent(exact).padStart(7)}  dated ${percent(dated).padStart(7)}`,
    `  level ${percent(leveled).padStart(7)}  learn ${learned.toFixed(0).padStart(4)} ms`,
    `  read ${each.toFixed(0).padStart(4)} ns/line`,
  ].join(' ')
}

/** `bun run bench header [-v] [system …]` */
export const bench: Bench = {
  name: 'header',
  about: 'share of lines whose header is cut where the ground truth cuts it, and its cost',
  async run(args) {
    const verbose = args.includes('-v')
    const names = args.filter(arg => arg !== '-v')
    const systems = names.length > 0 ? names : readdirSync(dataPath('loghub_2k')).sort()
    for (const system of systems) console.log(await cut(system, verbose))
  },
}
