import { LogbertError } from '../core/errors.ts'
import type { RcaOptions } from '../core/rca/types.ts'
import { textOf, type Values } from './command.ts'
import type { ReadEvents } from './rca-events.ts'

/** `--start`, `--from` and `--to`. @throws LogbertError BAD_CONFIG */
export const rangeOf = (values: Values): RcaOptions => {
  const [start, from, to] = (['start', 'from', 'to'] as const).map(name => timeOf(values, name))
  const said = (name: string): string => `--${name} ${textOf(values, name)}`
  if (from !== undefined && to !== undefined && from >= to) {
    throw new LogbertError(
      'BAD_CONFIG',
      `${said('from')} is not before ${said('to')}; give a stretch`,
    )
  }
  if (start !== undefined && from !== undefined && start < from) {
    throw new LogbertError('BAD_CONFIG', `${said('start')} is before ${said('from')}`)
  }
  if (start !== undefined && to !== undefined && start > to) {
    throw new LogbertError('BAD_CONFIG', `${said('start')} is after ${said('to')}`)
  }
  return {
    ...(start !== undefined && { start }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  }
}

/** A start so long before the first line is another day, or another zone, ms. */
const FAR = 10 * 60_000

/**
 * What the times mean for the lines that were read: a start just before the first line is that line.
 * @throws LogbertError BAD_CONFIG where they miss the lines
 */
export const fitRange = (
  options: RcaOptions,
  { span, events, timeless }: Pick<ReadEvents, 'span' | 'events' | 'timeless'>,
): RcaOptions => {
  if (span === undefined) return options
  const { from, to, start } = options
  const given = (['start', 'from', 'to'] as const).filter(name => options[name] !== undefined)
  if (timeless && given.length > 0) {
    throw new LogbertError(
      'BAD_CONFIG',
      `no line has a time that can be read, so that --${given[0]} says nothing: leave it out, or say ` +
        'how lines begin when you train (logbert train --header)',
    )
  }
  const there = `the lines are from ${iso(span.first)} to ${iso(span.last)}; check the time and its zone`
  if (events.length === 0) {
    const words = [from && `--from ${iso(from)}`, to && `--to ${iso(to)}`].filter(Boolean)
    throw new LogbertError('BAD_CONFIG', `no line is within ${words.join(' ')}: ${there}`)
  }
  if (start === undefined) return options
  const early = span.first - start
  if (start > span.last || early > Math.max(FAR, span.last - span.first)) {
    throw new LogbertError('BAD_CONFIG', `--start ${iso(start)} is not within the lines: ${there}`)
  }
  return early > 0 ? { ...options, start: span.first } : options
}

const iso = (at: number): string => new Date(at).toISOString()

const ZONE = /(?:z|[+-]\d\d:?\d\d)$/i

const timeOf = (values: Values, name: string): number | undefined => {
  const text = textOf(values, name)?.trim()
  if (text === undefined) return undefined
  if (/^\d{9,19}(?:\.\d+)?$/.test(text)) {
    const digits = text.split('.')[0]!.length
    return Number(text) * 10 ** (digits <= 10 ? 3 : digits <= 13 ? 0 : digits <= 16 ? -3 : -6)
  }
  const iso = text.replace(' ', 'T')
  const at = Date.parse(/T/.test(iso) && !ZONE.test(iso) ? `${iso}Z` : iso)
  if (/^\d{4}-/.test(iso) && !Number.isNaN(at)) return at
  throw new LogbertError(
    'BAD_CONFIG',
    `--${name} is ${JSON.stringify(text)}; give a time like 2026-01-05T08:00:00Z, or epoch seconds`,
  )
}
