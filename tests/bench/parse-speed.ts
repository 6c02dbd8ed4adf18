import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createParser } from '../../src/core/parse/parser.ts'
import { readData } from '../data.ts'
import { labelledSystems, readLabelled } from './parse-metrics.ts'
import { pythonWith } from './peers/python.ts'

const ROUNDS = 3
/** Lines of a repeated set; Drain3 gets fewer, its rate does not depend on their number. */
const LINES = 100_000
const DRAIN3_LINES = 20_000

/** The same lines again and again with every number of 3 digits or more drawn anew. */
const withFreshNumbers = (lines: readonly string[], count: number): string[] => {
  let state = 7
  const fresh = (digits: string): string => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return (
      digits[0] +
      String(state)
        .padStart(digits.length, '3')
        .slice(1 - digits.length)
    )
  }
  return Array.from({ length: count }, (_, i) => {
    const line = lines[i % lines.length]!
    return i < lines.length ? line : line.replace(/(?<=[_ ])\d{3,}(?![:.\d-])/g, fresh)
  })
}

const best = (lines: readonly string[], pass: () => void): number => {
  let seconds = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now()
    pass()
    seconds = Math.min(seconds, (performance.now() - started) / 1000)
  }
  return lines.length / seconds
}

/** Raw text in, header, template id and parameters out, learning included. */
const ours = (lines: readonly string[]): number =>
  best(lines, () => {
    let parameters = 0
    const parser = createParser()
    const emit = (event: { parameters: string[] }): void => {
      parameters += event.parameters.length
    }
    for (const text of lines) parser.feed({ text, source: 's', arrived: 0 }, emit)
    parser.flush(emit)
    if (parameters < 0) throw new Error('unreachable')
  })

/** What any parser in this language pays at least: one text cut into lines. */
const splitOnly = (lines: readonly string[]): number => {
  const text = lines.join('\n')
  return best(lines, () => {
    let [from, total] = [0, 0]
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', from)) {
      total += text.slice(from, at).length
      from = at + 1
    }
    if (total < 0) throw new Error('unreachable')
  })
}

const drain3 = async (python: string, lines: readonly string[]): Promise<number> => {
  const folder = mkdtempSync(join(tmpdir(), 'parse-speed-'))
  try {
    const file = join(folder, 'lines.log')
    await Bun.write(file, lines.slice(0, DRAIN3_LINES).join('\n'))
    const script = join(import.meta.dir, 'peers/drain3_speed.py')
    const { stdout, stderr, exitCode } = Bun.spawnSync([python, script, file])
    if (exitCode !== 0) throw new Error(`Drain3 failed: ${stderr.toString()}`)
    const result = JSON.parse(stdout.toString()) as { lines: number; seconds: number }
    return result.lines / result.seconds
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const cell = (value: number): string => Math.round(value).toLocaleString('en')

/** Prints lines/s on one core: ours, Drain3 on the same raw lines, and a loop that only splits. */
export const printSpeed = async (systems: readonly string[]): Promise<void> => {
  const { python, how } = pythonWith('drain3', 'drain3==0.9.11')
  console.log('\n| lines/s, one core | ours | Drain3, 3 masks | ratio | split only |')
  console.log('|---|---|---|---|---|')
  const hdfs = (await readData('hdfs_2pct/HDFS_2pct.log.gz')).split('\n').slice(0, -1)
  const sets: [string, string[]][] = [['HDFS_2pct', hdfs]]
  for (const system of systems.length > 0 ? systems : labelledSystems())
    sets.push([system, withFreshNumbers((await readLabelled(system)).lines, LINES)])
  for (const [name, lines] of sets) {
    const rate = ours(lines)
    const peer = python === undefined ? Number.NaN : await drain3(python, lines)
    const cells = Number.isNaN(peer) ? '– | –' : `${cell(peer)} | ${(rate / peer).toFixed(1)}`
    console.log(`| ${name} | ${cell(rate)} | ${cells} | ${cell(splitOnly(lines))} |`)
  }
  if (python === undefined) console.log(`Drain3 is left out: it is not installed: run ${how}`)
}
