import { LogbertError } from '../errors.ts'

const MAX_LENGTH = 500
/** Unbounded repetitions side by side cost up to text length to the power of their number. */
const MAX_REPEATS = 3

const refuse = (pattern: string, why: string): never => {
  throw new LogbertError(
    'BAD_CONFIG',
    `reading the session pattern ${JSON.stringify(pattern)} failed: ${why}`,
  )
}

/**
 * Compiles a pattern that a user wrote, when it cannot blow up on any text. Refused are: repetition
 * or alternatives within a repeated group (`(a+)+`, `(a|ab)*`), back references, look-behind, more
 * than 3 unbounded repetitions, more than 500 characters, and what matches the empty text.
 * @throws LogbertError BAD_CONFIG that says what to change.
 */
export const checkedPattern = (pattern: string): RegExp => {
  if (pattern.length > MAX_LENGTH) refuse(pattern, `it is longer than ${MAX_LENGTH} characters`)
  const compiled = compile(pattern)
  const fault = findFault(pattern)
  if (fault !== undefined) refuse(pattern, fault)
  if (compiled.test('')) refuse(pattern, 'it matches the empty text; make one part mandatory')
  compiled.lastIndex = 0
  return compiled
}

const compile = (pattern: string): RegExp => {
  try {
    return new RegExp(pattern, 'gu')
  } catch {
    try {
      return new RegExp(pattern, 'g')
    } catch (cause) {
      return refuse(pattern, `${(cause as Error).message}; write a valid regular expression`)
    }
  }
}

interface Group {
  /** Holds a repetition or an alternative, so that repeating the group is ambiguous. */
  varied: boolean
}

const findFault = (pattern: string): string | undefined => {
  const stack: Group[] = [{ varied: false }]
  let closed: Group | undefined
  let repeats = 0
  let i = 0
  while (i < pattern.length) {
    const rest = pattern.slice(i)
    const char = pattern[i]!
    const quantifier = /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/.exec(rest)
    if (char === '\\') {
      if (/^\\(?:[1-9]|k<)/.test(rest)) return 'back references may be slow; write the part out'
      closed = undefined
      i += 2
    } else if (char === '[') {
      closed = undefined
      i = classEnd(pattern, i)
    } else if (char === '(') {
      if (/^\(\?<[=!]/.test(rest)) return 'look-behind may be slow; capture the part in a group'
      stack.push({ varied: false })
      closed = undefined
      i += /^\((?:\?(?:[:=!]|<\w+>))?/.exec(rest)![0].length
    } else if (char === ')') {
      closed = stack.pop()
      if (closed?.varied) stack.at(-1)!.varied = true
      i += 1
    } else if (quantifier !== null) {
      const many = !/^(?:\?|\{0,1\}|\{1\})/.test(quantifier[0])
      if (many && closed?.varied) return 'a repeated group may hold no repetition or alternative'
      if (/^(?:[*+]|\{\d+,\})/.test(quantifier[0]) && ++repeats > MAX_REPEATS) {
        return `it has more than ${MAX_REPEATS} unbounded repetitions; bound them, as in {1,40}`
      }
      stack.at(-1)!.varied = true
      closed = undefined
      i += quantifier[0].length
    } else {
      if (char === '|') stack.at(-1)!.varied = true
      closed = undefined
      i += 1
    }
  }
  return undefined
}

const classEnd = (pattern: string, start: number): number => {
  let i = start + 1
  while (i < pattern.length && pattern[i] !== ']') i += pattern[i] === '\\' ? 2 : 1
  return i + 1
}
