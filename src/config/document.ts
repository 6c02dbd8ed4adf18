import { stringify } from 'yaml'
import { type KeyRow, keyRows } from './keys.ts'
import { grouped } from './range.ts'

const WIDTH = 100

const HEAD = `# Every key with its range and default; written by \`bun run settings\`. Delete what you do not change.
# Any key can be set from the environment: LOGBERT__SERVER__PORT=9000 sets server.port, and
# LOGBERT__SERVER__MAXBODYBYTES, LOGBERT__RCA__LLM__MODEL and so on; text as it stands, lists by comma
# or as in YAML. Faults are reported all at once, with their paths, and exit code 2. Secrets come from
# the environment only.
`

/** `config/config.yaml`: every key with its default, what it is for above it. */
export const configFile = (): string => {
  const lines = keyRows().flatMap(row => {
    const depth = row.path.split('.').length - 1
    const indent = '  '.repeat(depth)
    const name = row.path.slice(row.path.lastIndexOf('.') + 1)
    const comment = wrapped(aboutOf(row), `${indent}# `)
    if (row.kind === 'section')
      return [...(depth === 0 ? [''] : []), ...comment, `${indent}${name}:`]
    if (row.fallback === undefined) return [...comment, `${indent}# ${name}:`]
    return [...comment, `${indent}${name}: ${flow(row.fallback)}`]
  })
  return `${HEAD}${lines.join('\n')}\n`
}

const aboutOf = ({ about, range, fallback, path }: KeyRow): string => {
  const facts = [range, inBytes(path, fallback)].filter(fact => fact !== '')
  return facts.length === 0 ? about : `${about} (${facts.join('; ')})`
}

const flow = (value: unknown): string =>
  stringify(value, {
    collectionStyle: 'flow',
    flowCollectionPadding: false,
    lineWidth: 0,
  }).trim()

const UNITS = ['B', 'KiB', 'MiB', 'GiB']

/** `16 MiB` beside a number of bytes; empty for all else. */
const inBytes = (path: string, value: unknown): string => {
  if (!path.endsWith('Bytes') || typeof value !== 'number') return ''
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(value) / 10))
  return `${grouped(value / 2 ** (10 * power))} ${UNITS[power]}`
}

const wrapped = (text: string, lead: string): string[] => {
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!
    const longer = line === '' ? word : `${line} ${word}`
    if (lead.length + longer.length <= WIDTH || line === '') lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines.map(line => lead + line)
}

const MARKS = ['<!-- settings -->', '<!-- /settings -->'] as const

/** The table of settings, in Markdown. */
export const settingsTable = (): string => {
  const rows = keyRows().map(row => {
    if (row.kind === 'section') return `| **${row.path}** | | | ${cell(row.about)} |`
    const { path, fallback, range, about } = row
    return `| \`${path}\` | ${shown(path, fallback)} | ${cell(range)} | ${cell(about)} |`
  })
  return ['| key | default | range | what |', '|---|---|---|---|', ...rows].join('\n')
}

const shown = (path: string, value: unknown): string => {
  if (value === undefined) return 'none'
  const bytes = inBytes(path, value)
  if (bytes !== '') return bytes
  return typeof value === 'number' ? grouped(value) : `\`${cell(flow(value))}\``
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')

/**
 * A text with the table put between its marks.
 * @throws TypeError when it has no marks
 */
export const withTable = (text: string): string => {
  const [start, end] = MARKS.map(mark => text.indexOf(mark)) as [number, number]
  if (start < 0 || end < start) throw new TypeError(`there is no ${MARKS[0]} … ${MARKS[1]}`)
  return `${text.slice(0, start + MARKS[0].length)}\n\n${settingsTable()}\n\n${text.slice(end)}`
}
