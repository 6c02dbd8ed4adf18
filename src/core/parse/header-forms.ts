import { levelOfLetter, levelOfWord } from './level.ts'
import { groupEnd } from './plain-reader.ts'

const TOKENS_MAX = 12
const OPEN = '[(<'
const TIME = /^\d[\d.,/:TZ+-]*[:/-]\d/
const NAMED = /^[A-Za-z_][\w$]*(?:(?:\.|::|\/|-)[\w$<>-]+)+(?::\d+)?$/
const TAGGED = /^[A-Za-z_][\w.$/-]*(?:\[\d+\])?:$/
const MARK = /^[^\w\s"'[({<]{1,3}$/

/** One token of a header: its kind, where it ends, and whether only what comes after proves it. */
interface Token {
  kind: string
  end: number
  unproven?: boolean
  /** The message begins behind it. */
  last?: boolean
}

/**
 * What a line begins with, as far as it looks like a header: `T T L [ [= N M` for
 * `2026-01-02 03:04:05 INFO [main] [req=1] a.b.C - message`. Lines of several programs, or with a
 * column that some lack, are told apart by it.
 */
export const formOf = (line: string): string => {
  const kinds: string[] = []
  let proven = 0
  let at = 0
  while (kinds.length < TOKENS_MAX) {
    while (line[at] === ' ' || line[at] === '\t') at += 1
    const token = tokenAt(line, at, kinds.length > 0)
    // A mark behind a word is one within a message.
    if (token === undefined || (token.kind === 'M' && kinds.at(-1) === 'w')) break
    kinds.push(token.kind)
    if (token.unproven !== true) proven = kinds.length
    if (token.last === true) break
    at = token.end
  }
  return kinds.slice(0, proven).join(' ')
}

const tokenAt = (line: string, at: number, isBehind: boolean): Token | undefined => {
  const open = line[at]
  if (open === undefined) return undefined
  if (OPEN.includes(open)) return bracketAt(line, at, open)
  const text = /^\S+/.exec(line.slice(at, at + 256))?.[0] ?? ''
  const end = at + text.length
  const core = text.replace(/[:,;|]+$/, '')
  if (TIME.test(text)) return { kind: 'T', end }
  if (/^\d+$/.test(core)) return { kind: '0', end, unproven: true }
  if (core === core.toUpperCase() && levelOfWord(core) !== undefined) {
    return { kind: core === text ? 'L' : 'L:', end }
  }
  if (text.length === 1 && levelOfLetter(text) !== undefined) return { kind: 'l', end }
  if (MARK.test(text)) return { kind: 'M', end, last: isBehind }
  if (TAGGED.test(text)) return { kind: 'N:', end, last: true }
  if (NAMED.test(text)) return { kind: 'N', end, unproven: true }
  return /^[A-Za-z_]\w*$/.test(text) ? { kind: 'w', end, unproven: true } : undefined
}

const bracketAt = (line: string, at: number, open: string): Token | undefined => {
  const end = groupEnd(line, at)
  if (end < 0) return undefined
  const inside = line.slice(at + 1, end - 1).trim()
  const [word = ''] = inside.split(/[^A-Za-z]/, 1)
  const kind = TIME.test(inside)
    ? 'T'
    : word === inside && levelOfWord(word) !== undefined
      ? 'L'
      : /^[\w.-]+=/.test(inside)
        ? '='
        : ''
  return line[end] === ':'
    ? { kind: `${open}${kind}:`, end: end + 1, last: true }
    : { kind: `${open}${kind}`, end }
}

/** Indices of lines that begin alike, the most first. */
export const groupByForm = (lines: readonly string[]): number[][] => {
  const groups = new Map<string, number[]>()
  lines.forEach((line, i) => {
    const form = formOf(line)
    if (form === '') return
    const group = groups.get(form)
    if (group === undefined) groups.set(form, [i])
    else group.push(i)
  })
  return [...groups.values()].sort((a, b) => b.length - a.length)
}
