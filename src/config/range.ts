import * as v from 'valibot'
import type { KeyFacts } from './kinds.ts'

type Piped = v.GenericSchema & {
  pipe?: readonly Check[]
  options?: readonly (v.GenericSchema | string)[]
  literal?: unknown
  item?: v.GenericSchema
  entries?: v.ObjectEntries
}

/** Which values a schema takes, in words, read from the checks themselves. */
export const rangeOf = (given: v.GenericSchema): string => {
  const own = (v.getMetadata(given as never) as KeyFacts).range
  if (own !== undefined) return own
  const { type, options = [], literal, item, entries } = given as Piped
  switch (type) {
    case 'number':
      return numberRange(given)
    case 'string':
      return 'text'
    case 'boolean':
      return 'true or false'
    case 'literal':
      return `${literal}`
    case 'picklist':
      return options.join(', ')
    case 'union':
      return options.map(option => rangeOf(option as v.GenericSchema)).join(' or ')
    case 'array':
      return `list of ${rangeOf(item!)}`
    case 'strict_object':
      return `{${Object.keys(entries!).join(', ')}}`
    default:
      return type
  }
}

const numberRange = (given: v.GenericSchema): string => {
  const checks = checksOf(given as Piped)
  const limit = (type: string): number | undefined =>
    checks.find(check => check.type === type)?.requirement as number | undefined
  const [least, above, most] = [limit('min_value'), limit('gt_value'), limit('max_value')]
  const parts = [checks.some(check => check.type === 'integer') ? 'whole number' : 'number']
  if (least !== undefined) parts.push(`from ${grouped(least)}`)
  if (above !== undefined) parts.push(`above ${grouped(above)}`)
  if (most !== undefined && most < Number.MAX_SAFE_INTEGER) {
    parts.push(`${least === undefined ? 'up to' : 'to'} ${grouped(most)}`)
  }
  return parts.join(' ')
}

interface Check {
  type: string
  requirement?: unknown
  /** The first part of a pipe may be a pipe itself. */
  pipe?: readonly Check[]
}

const checksOf = ({ pipe = [] }: { pipe?: readonly Check[] }): Check[] =>
  pipe.flatMap(part => (part.pipe === undefined ? [part] : checksOf(part)))

export const grouped = (value: number): string =>
  value.toLocaleString('en', { maximumFractionDigits: 6, useGrouping: 'min2' })
