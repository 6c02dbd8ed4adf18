import type { Level } from '../types.ts'

/** Names that loggers, syslog and databases give their severities, in lower case. */
const NAMES: Record<Level, string> = {
  trace: 'trace verbose finest finer all spam silly debug2 debug3 debug4 debug5 trc',
  debug: 'debug fine dbg debug1 config',
  info: 'info information informational notice note log success ok statement detail hint context inf',
  warn: 'warn warning alarm wrn',
  error: 'error err severe failure fail failed eror',
  fatal: 'fatal critical crit alert emerg emergency panic ftl dpanic crt',
}

const byName = (): Map<string, Level> =>
  new Map(
    Object.entries(NAMES).flatMap(([level, names]) =>
      names.split(' ').map((name): [string, Level] => [name, level as Level]),
    ),
  )

const KNOWN = byName()
const LETTERS = new Map<string, Level>([
  ['V', 'trace'],
  ['T', 'trace'],
  ['D', 'debug'],
  ['I', 'info'],
  ['N', 'info'],
  ['W', 'warn'],
  ['E', 'error'],
  ['F', 'fatal'],
  ['C', 'fatal'],
  ['A', 'fatal'],
])

/** Spellings already looked up; bounded, since a column may hold anything. */
const seen = new Map<string, Level | null>()
const SEEN_MAX = 1_000

/** Level that a severity word stands for, in any case; undefined for any other word. */
export const levelOfWord = (word: string): Level | undefined => {
  const known = seen.get(word)
  if (known !== undefined) return known ?? undefined
  const level = KNOWN.get(word.toLowerCase())
  if (seen.size < SEEN_MAX) seen.set(word, level ?? null)
  return level
}

/** Level of a one-letter column (`V D I W E F` of Android and glog, `N C A` of syslog kin). */
export const levelOfLetter = (letter: string): Level | undefined => LETTERS.get(letter)

const SYSLOG: Level[] = ['fatal', 'fatal', 'fatal', 'error', 'warn', 'info', 'info', 'debug']

/** Level of a syslog priority or severity (RFC 5424 §6.2.1: severity is the lowest three bits). */
export const levelOfPriority = (priority: number): Level => SYSLOG[priority & 7]!

/**
 * Level of a numeric severity: pino and bunyan (10 … 60), else OTel severity numbers (1 … 24, told
 * by `otel`), else syslog (0 … 7).
 */
export const levelOfNumber = (value: number, otel: boolean): Level | undefined => {
  const order: Level[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']
  if (otel) return value >= 1 && value <= 24 ? order[Math.floor((value - 1) / 4)] : undefined
  if (value >= 10 && value <= 60) return order[Math.floor(value / 10) - 1]
  return value >= 0 && value <= 7 ? levelOfPriority(value) : undefined
}
