import { createParser, type ParserOptions } from '../../src/core/parse/parser.ts'
import type { LogEvent } from '../../src/core/types.ts'
import type { Bench } from './bench.ts'
import {
  type LabelledLog,
  labelledSystems,
  normalTemplate,
  type ParseScore,
  readLabelled,
  scoreParse,
} from './parse-metrics.ts'
import { printSpeed } from './parse-speed.ts'

/** Events of raw lines in one configuration for all systems; ids as they stand at the end. */
const parseAll = (lines: readonly string[], options: ParserOptions = {}): LogEvent[] => {
  const events: LogEvent[] = []
  const emit = (event: LogEvent): void => void events.push(event)
  const parser = createParser(options)
  for (const text of lines) parser.feed({ text, source: 's', arrived: 0 }, emit)
  parser.flush(emit)
  return events.map(event => {
    const templateId = parser.resolve(event.templateId)
    return { ...event, templateId, template: parser.template(templateId) ?? event.template }
  })
}

const scoreOf = (log: LabelledLog, events: readonly LogEvent[]): ParseScore =>
  scoreParse(
    log.truth,
    events.map(event => String(event.templateId)),
    events.map(event => event.template),
  )

/** True templates beside ours where they differ, the commonest first. */
const printFaults = (log: LabelledLog, events: readonly LogEvent[], most: number): void => {
  const faults = new Map<string, { count: number; line: string }>()
  events.forEach((event, i) => {
    const truth = normalTemplate(log.truth[i]!)
    const ours = normalTemplate(event.template)
    if (ours === truth) return
    const key = `  true ${truth}\n  ours ${ours}`
    const fault = faults.get(key) ?? { count: 0, line: log.lines[i]! }
    fault.count += 1
    faults.set(key, fault)
  })
  const worst = [...faults].sort((a, b) => b[1].count - a[1].count).slice(0, most)
  for (const [key, { count, line }] of worst) console.log(`${count}×  ${line}\n${key}`)
}

const row = (name: string, score: ParseScore, more: string): string => {
  const cells = [score.ga, score.fga, score.pa, score.fta].map(value => value.toFixed(3))
  return `| ${name} | ${cells.join(' | ')} | ${more} |`
}

const accuracy = async (systems: readonly string[], faults: number): Promise<void> => {
  console.log('| system | GA | FGA | PA | FTA | templates | true |\n|---|---|---|---|---|---|---|')
  const sum: ParseScore = { ga: 0, fga: 0, pa: 0, fta: 0 }
  for (const system of systems) {
    const log = await readLabelled(system)
    const events = parseAll(log.lines)
    const score = scoreOf(log, events)
    for (const key of ['ga', 'fga', 'pa', 'fta'] as const) sum[key] += score[key] / systems.length
    const ours = new Set(events.map(event => event.templateId)).size
    console.log(row(system, score, `${ours} | ${new Set(log.truth).size}`))
    if (faults > 0) printFaults(log, events, faults)
  }
  console.log(row('mean', sum, ' | '))
}

/** `bun run bench parse [-v] [--accuracy] [system …]` */
export const bench: Bench = {
  name: 'parse',
  about:
    'accuracy against the corrected truth of 8 systems, lines/s beside Drain3; args: -v, names',
  async run(args) {
    const names = args.filter(arg => !arg.startsWith('-'))
    const faults = args.includes('-v') ? 20 : 0
    await accuracy(names.length > 0 ? names : labelledSystems(), faults)
    if (!args.includes('--accuracy')) await printSpeed(names)
  },
}
