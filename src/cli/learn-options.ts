import { LogbertError } from '../core/errors.ts'
import type { ParseOptions } from '../core/pipeline/engine.ts'
import type { WindowRule } from '../core/sequence/window.ts'
import { textOf, type Values } from './command.ts'

/** Options of commands that read log lines, for `parseArgs`. */
export const PARSE_OPTIONS = {
  header: { type: 'string' },
  'time-zone': { type: 'string' },
  mask: { type: 'string', multiple: true },
} as const

export const PARSE_HELP = `  --header H         auto (learned from the lines), none, or a pattern of its parts, like
                     '<time> <level> [<thread>] <component>: <message>'
  --time-zone Z      zone of times that name none: UTC (default), +02:00, Europe/Berlin
  --mask NAME=REGEX  values that only you know; may be given several times
`

/** @throws LogbertError BAD_CONFIG for a mask without a name */
export const parseOptionsOf = (values: Values): { parse?: ParseOptions } => {
  const header = textOf(values, 'header')
  const timeZone = textOf(values, 'time-zone')
  const masks = Array.isArray(values.mask) ? values.mask.map(each => maskOf(`${each}`)) : undefined
  if (header === undefined && timeZone === undefined && masks === undefined) return {}
  return {
    parse: {
      ...(header !== undefined && { header }),
      ...(timeZone !== undefined && { timeZone }),
      ...(masks !== undefined && { masks }),
    },
  }
}

const maskOf = (text: string): { name: string; pattern: string } => {
  const [, name, pattern] = /^([A-Za-z][\w-]*)=(.+)$/s.exec(text) ?? []
  if (name !== undefined && pattern !== undefined) return { name, pattern }
  throw new LogbertError(
    'BAD_CONFIG',
    `--mask is ${JSON.stringify(text)}; give NAME=REGEX, like order=ORD-[0-9]+`,
  )
}

const SIZE = /^(\d+)(s|m|h)?$/
const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000 }

/**
 * `100` events, `60s` of time, `100/50` and `60s/10s` sliding; absent for `auto`.
 * @throws LogbertError BAD_CONFIG for anything else
 */
export const windowOf = (values: Values): { window?: WindowRule } => {
  const text = textOf(values, 'window')
  if (text === undefined || text === 'auto') return {}
  const parts = text.split('/').map(part => SIZE.exec(part))
  const [size, step] = parts.map(part =>
    part === null ? Number.NaN : Number(part[1]) * (part[2] ? UNIT_MS[part[2] as 's'] : 1),
  )
  const units = new Set(parts.map(part => part?.[2] !== undefined))
  const good = parts.length <= 2 && units.size === 1 && size! >= 1 && (step ?? 1) >= 1
  if (good && (step ?? size!) <= size!) {
    const by = units.has(true) ? 'time' : 'count'
    return { window: { by, size: size!, ...(step !== undefined && { step }) } }
  }
  throw new LogbertError(
    'BAD_CONFIG',
    `--window is ${JSON.stringify(text)}; give events (100), a time (60s, 5m), or size/step (100/50)`,
  )
}
