import type { SystemLine } from './run/world.ts'

type Layout = (line: SystemLine) => string

const iso = (at: number): string => new Date(Math.floor(at)).toISOString()
const spaced = (at: number, mark: string): string =>
  iso(at).slice(0, 23).replace('T', ' ').replace('.', mark)
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const level = (line: SystemLine): string => line.level.toUpperCase()
const capital = (name: string): string =>
  name
    .split(/[^A-Za-z0-9]+/)
    .map(part => (part[0] ?? '').toUpperCase() + part.slice(1))
    .join('')

/** Lines as logging libraries write them. Those of one family are not used by another. */
export const LAYOUTS: Record<string, Layout> = {
  bracketed: line =>
    `${spaced(line.at, '.')} ${level(line).padStart(5)} ` +
    `[${line.service},${line.trace ?? ''},${line.span ?? ''}] ${line.text}`,
  threaded: line =>
    `${spaced(line.at, ',')} ${level(line).padEnd(5)} [worker-${1 + (line.text.length % 7)}] ` +
    `org.acme.${line.service}.${capital(line.service)} ${line.trace ? `(${line.trace}) ` : ''}- ${line.text}`,
  pairs: line =>
    `ts=${iso(line.at)} level=${line.level} app=${line.service} ` +
    `msg=${JSON.stringify(line.text)}${line.trace ? ` trace=${line.trace}` : ''}` +
    `${line.span ? ` span=${line.span}` : ''}`,
  daemon: line => {
    const date = new Date(Math.floor(line.at))
    const day = String(date.getUTCDate()).padStart(2, ' ')
    const tag = line.trace ? `[${line.trace}] ` : ''
    return (
      `${MONTHS[date.getUTCMonth()]} ${day} ${iso(line.at).slice(11, 19)} ${line.instance} ` +
      `${line.service}[${100 + (line.instance.length % 50)}]: ${level(line)} ${tag}${line.text}`
    )
  },
  numbered: line =>
    `<134>1 ${iso(line.at).replace('Z', '000Z')} ${line.instance} ${line.service} ` +
    `${200 + (line.instance.length % 50)} - ` +
    `${line.trace ? `[ctx@32473 id="${line.trace}" span="${line.span}"]` : '-'} ` +
    `${level(line)} ${line.text}`,
  dashed: line =>
    `${spaced(line.at, ',')} - ${line.service} - ${level(line)} - ` +
    `${line.trace ? `cid=${line.trace} op=${line.span} - ` : ''}${line.text}`,
  piped: line =>
    `${iso(line.at).slice(0, 23).replace(/-/g, '/').replace('T', ' ')} | ${line.service} | ` +
    `${level(line).padEnd(5)} | ${line.trace ?? '-'} | ${line.text}`,
  lettered: line =>
    `${level(line)[0]} ${iso(line.at).slice(0, 23)}+00:00 ${line.service}: ` +
    `${line.trace ? `#${line.trace} ` : ''}${line.text}`,
  epoch: line =>
    `${(Math.floor(line.at) / 1000).toFixed(3)} ${line.service} ${line.level} ` +
    `${line.trace ? `req:${line.trace} ` : ''}${line.text}`,
  slashed: line =>
    `${iso(line.at)} ${line.service}/${level(line)} ${line.text}` +
    `${line.trace ? ` [r=${line.trace} s=${line.span}]` : ''}`,
}
