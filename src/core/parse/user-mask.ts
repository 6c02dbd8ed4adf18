import { LogbertError } from '../errors.ts'
import type { SpanFinder } from './mask.ts'

/** A kind of value that the user describes by a regular expression (without flags). */
export interface UserPattern {
  name: string
  pattern: string
}

/** Longest stretch of a line that user patterns look at, UTF-16 units. */
const SEARCHED_MAX = 4096

const bad = (name: string, why: string): never => {
  throw new LogbertError('BAD_CONFIG', `cannot use the mask pattern "${name}": ${why}`)
}

/**
 * Why a pattern may take more than linear time on some line, or undefined. Refused are a repeated
 * group that itself repeats or chooses (`(a+)+`, `(a|b?)*`), two repeats of overlapping classes next
 * to each other (`\d*\d+x`), and back references: the causes of exponential and polynomial
 * backtracking.
 */
export const backtrackingRisk = (pattern: string): string | undefined => {
  const groups: { repeats: boolean; chooses: boolean }[] = [{ repeats: false, chooses: false }]
  let previous: { atom: string; repeats: boolean } | undefined
  let at = 0
  while (at < pattern.length) {
    const unit = pattern[at]
    if (unit === '(') {
      groups.push({ repeats: false, chooses: false })
      const lead = /^\(\?(?:[:=!]|<[=!]|<\w+>)/.exec(pattern.slice(at))
      at += lead ? lead[0].length : 1
      previous = undefined
      continue
    }
    if (unit === '|') {
      groups[groups.length - 1].chooses = true
      previous = undefined
      at++
      continue
    }
    let closed: { repeats: boolean; chooses: boolean } | undefined
    let atom: string
    if (unit === ')') {
      closed = groups.pop()
      if (groups.length === 0) return 'it closes a group that is not open'
      atom = ')'
    } else atom = /^(?:\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|[\s\S])/.exec(pattern.slice(at))![0]
    if (/^\\[1-9k]/.test(atom)) return 'it refers back to a group'
    at += atom.length
    const quantifier = /^(?:[*+?]|\{\d+(?:,\d*)?\})[?+]?/.exec(pattern.slice(at))?.[0] ?? ''
    at += quantifier.length
    const endless = /^[*+]|^\{\d+,\}/.test(quantifier)
    const many = endless || /^\{(?:\d{2,}|\d+,\d{2,})/.test(quantifier)
    if (closed && many && (closed.repeats || closed.chooses))
      return 'a repeated group repeats or chooses inside'
    if (endless && previous?.repeats && mayOverlap(previous.atom, atom))
      return `"${previous.atom}" and "${atom}" repeat side by side and match the same text`
    const group = groups[groups.length - 1]
    group.repeats ||= many || (closed?.repeats ?? false)
    group.chooses ||= closed?.chooses ?? false
    const optional = /^[*?]|^\{0/.test(quantifier)
    previous = endless || (optional && previous?.repeats) ? { atom, repeats: true } : undefined
  }
  return undefined
}

/** Units that tell classes apart: two atoms overlap when one of them fits both. */
const probes = Array.from({ length: 128 }, (_, unit) => String.fromCharCode(unit)).concat('é', '中')

const mayOverlap = (a: string, b: string): boolean => {
  if (a === ')' || b === ')') return true
  const left = new RegExp(`^${a}$`)
  const right = new RegExp(`^${b}$`)
  return probes.some(probe => left.test(probe) && right.test(probe))
}

/**
 * Compiles user patterns into a finder of values. Throws BAD_CONFIG for a pattern that is no
 * regular expression, matches nothing at all, or may backtrack without bound.
 */
export const findUserPatterns = (patterns: readonly UserPattern[]): SpanFinder => {
  const compiled = patterns.map(({ name, pattern }) => {
    let expression: RegExp
    try {
      expression = new RegExp(pattern, 'g')
    } catch (cause) {
      return bad(name, `${(cause as Error).message}; write a JavaScript regular expression`)
    }
    if (new RegExp(pattern).test(''))
      bad(name, 'it matches empty text; make it match a unit or more')
    const risk = backtrackingRisk(pattern)
    if (risk) bad(name, `${risk}, which may take forever on some line; write it without`)
    return expression
  })
  return (text, from, spans) => {
    const searched = text.length - from > SEARCHED_MAX ? text.slice(0, from + SEARCHED_MAX) : text
    const found: [number, number][] = []
    for (const expression of compiled) {
      expression.lastIndex = from
      for (let hit = expression.exec(searched); hit; hit = expression.exec(searched)) {
        if (hit[0] === '') expression.lastIndex++
        else found.push([hit.index, hit.index + hit[0].length])
      }
    }
    found.sort((a, b) => a[0] - b[0] || b[1] - a[1])
    for (const [start, end] of found) spans.push(start, end)
  }
}
