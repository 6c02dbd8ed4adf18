import type { ParseArgsOptionsConfig } from 'node:util'
import { LogbertError } from '../core/errors.ts'

/** Exit codes; part of the contract with scripts. */
export const EXIT = { ok: 0, failure: 1, usage: 2, anomalies: 3, interrupted: 130 } as const

/** Where a command writes. Data goes to `out`, everything else to `err`. */
export interface Io {
  /** Resolves when the reader has kept up. */
  out(text: string): Promise<void>
  err(text: string): void
  /** Whether a person watches stderr: progress bars instead of lines. */
  terminal: boolean
  env: Record<string, string | undefined>
}

/** Options as node:util parseArgs gives them. */
export type Values = Record<string, string | boolean | (string | boolean)[] | undefined>

export interface Command {
  name: string
  /** One line for the list of commands. */
  about: string
  help: string
  options: ParseArgsOptionsConfig
  /** @returns the exit code. */
  run(values: Values, words: string[], io: Io): Promise<number>
}

/** @throws LogbertError BAD_CONFIG when no file was named. */
export const needFiles = (words: string[], command: string): string[] => {
  if (words.length > 0) return words
  throw new LogbertError(
    'BAD_CONFIG',
    `logbert ${command} needs at least one FILE; use - for standard input, --help for all options`,
  )
}

export const textOf = (values: Values, name: string): string | undefined => {
  const value = values[name]
  return typeof value === 'string' ? value : undefined
}

/** @throws LogbertError BAD_CONFIG when the option is no number within its range. */
export const numberOf = (
  values: Values,
  name: string,
  range: { least: number; most: number; whole?: boolean },
): number | undefined => {
  const value = textOf(values, name)
  if (value === undefined) return undefined
  const number = value.trim() === '' ? Number.NaN : Number(value)
  const { least, most, whole = false } = range
  if (number >= least && number <= most && (!whole || Number.isInteger(number))) return number
  throw new LogbertError(
    'BAD_CONFIG',
    `--${name} is ${JSON.stringify(value)}; give a ${whole ? 'whole ' : ''}number from ${least} to ${most}`,
  )
}

/** @throws LogbertError BAD_CONFIG when the option is none of the words. */
export const choiceOf = <T extends string>(
  values: Values,
  name: string,
  words: readonly T[],
): T | undefined => {
  const value = textOf(values, name)
  if (value === undefined) return undefined
  if (words.includes(value as T)) return value as T
  throw new LogbertError(
    'BAD_CONFIG',
    `--${name} is ${JSON.stringify(value)}; give one of ${words.join(', ')}`,
  )
}

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const

/**
 * A stretch of time in ms: `90s`, `5m`, `1h`, `200ms`; seconds where no unit is given.
 * @throws LogbertError BAD_CONFIG when the option is none
 */
export const durationOf = (values: Values, name: string): number | undefined => {
  const value = textOf(values, name)
  if (value === undefined) return undefined
  const [, size, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(value) ?? []
  const ms = Number(size) * UNIT_MS[unit as 's']
  if (ms > 0) return ms
  throw new LogbertError(
    'BAD_CONFIG',
    `--${name} is ${JSON.stringify(value)}; give a time above 0, like 90s, 5m or 1h`,
  )
}
