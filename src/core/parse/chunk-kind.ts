import {
  ALNUM,
  AT,
  BACKSLASH,
  classOf,
  DASH,
  DIGIT,
  DOT,
  HEX,
  LETTER,
  SLASH,
  UNDERSCORE,
} from './char-class.ts'

/** By the code of their first letter. */
const literals: ReadonlyMap<number, string> = new Map(
  ['true', 'false', 'null', 'root', 'admin'].map(word => [word.charCodeAt(0), word]),
)

/**
 * Values written as words. Corrected log templates treat booleans, null and the two user names that
 * every Unix has as variables (Khan et al., ICSE 2022, §4).
 */
export const isLiteral = (text: string, from: number, to: number): boolean => {
  const word = literals.get(text.charCodeAt(from) | 32)
  if (word === undefined || word.length !== to - from) return false
  for (let i = 1; i < word.length; i++) {
    if ((text.charCodeAt(from + i) | 32) !== word.charCodeAt(i)) return false
  }
  return true
}

/** Top-level names that mark a dotted name of letters as a host (RFC 2606, RFC 6762 and the generic ones). */
const hostEndings = new Set([
  'com',
  'net',
  'org',
  'edu',
  'gov',
  'mil',
  'info',
  'arpa',
  'local',
  'localdomain',
  'lan',
  'internal',
  'example',
  'test',
])

const isHost = (text: string, from: number, to: number): boolean => {
  const dot = text.lastIndexOf('.', to - 1)
  if (dot <= from || !hostEndings.has(text.slice(dot + 1, to).toLowerCase())) return false
  // A reversed name (org.apache…) is a package, not a host.
  return !hostEndings.has(text.slice(from, text.indexOf('.', from)))
}

/** Reversed domains that most programs with an id of that kind begin theirs with. */
const isReversed = (text: string, from: number): boolean =>
  text.startsWith('com.', from) || text.startsWith('org.', from) || text.startsWith('net.', from)

/**
 * Whether a dotted name is the id of an app or service (`com.acme.phone`): a reversed domain of
 * three lower-case parts or more. A capital makes it a class, what follows it a key.
 */
const isAppId = (text: string, from: number, to: number): boolean => {
  if (!isReversed(text, from) || count(text, from, to, 46) < 2) return false
  const next = text.charCodeAt(to)
  if (next === 61 || next === 58) return false
  for (let at = from; at < to; at++) {
    const unit = text.charCodeAt(at)
    if (unit !== 46 && (unit < 97 || unit > 122)) return false
  }
  return true
}

const count = (text: string, from: number, to: number, unit: number): number => {
  let found = 0
  for (let at = from; at < to; at++) if (text.charCodeAt(at) === unit) found++
  return found
}

/** `com.a.b/.Part`, `application/vnd.a.b`: a slash and two dots or more. */
const isDeep = (text: string, from: number, to: number): boolean => count(text, from, to, 46) > 1

/**
 * Whether the chunk `text[from, to)` is a value by its characters alone. `flags` is the union of its
 * class bits, `digits` and `groups` count its digits and runs of digits, `assigned` says that it
 * stands after an equals sign.
 */
export const isValue = (
  text: string,
  from: number,
  to: number,
  flags: number,
  digits: number,
  groups: number,
  assigned: boolean,
): boolean => {
  const first = classOf(text.charCodeAt(from))
  if (assigned && flags & DIGIT) return true
  if (first & SLASH) return to - from > 1
  if (flags & DIGIT && valueByDigits(text, from, to, flags, digits, groups)) return true
  if (flags & AT) {
    const at = text.indexOf('@', from)
    return at > from && at < to - 1
  }
  if (flags & SLASH && (count(text, from, to, 47) > 1 || (flags & DOT && isDeep(text, from, to))))
    return true
  if (flags & BACKSLASH) return count(text, from, to, 92) > 1
  if (flags & DOT) return isHost(text, from, to) || isAppId(text, from, to)
  return (flags & ~HEX) === 0 && to - from >= 8
}

const valueByDigits = (
  text: string,
  from: number,
  to: number,
  flags: number,
  digits: number,
  groups: number,
): boolean => {
  if (digits >= 3) return true
  // `waitForOk2Go2Sleep`: the name of something, unless the lines show others in its place.
  if (groups === 2 && to - from >= 12 && (flags & ~ALNUM) === 0)
    return (classOf(text.charCodeAt(from)) & DIGIT) !== 0
  if (groups >= 2) return true
  const first = classOf(text.charCodeAt(from))
  if (first & DIGIT) return true
  // A sign or a dot before the first digit: -5, +3, .25, $9
  if ((first & (HEX | LETTER | UNDERSCORE)) === 0 && classOf(text.charCodeAt(from + 1)) & DIGIT)
    return true
  if ((flags & ~(DIGIT | HEX)) === 0 && to - from >= 4) return true
  let at = to - 1
  while (at > from && classOf(text.charCodeAt(at)) & DIGIT) at--
  if (at === to - 1 || !(classOf(text.charCodeAt(at)) & (UNDERSCORE | DASH | DOT | AT)))
    return false
  while (at > from && !(classOf(text.charCodeAt(at)) & (HEX | LETTER))) at--
  // `__73` begins a name that a compiler made.
  return at > from || (classOf(text.charCodeAt(from)) & (HEX | LETTER)) !== 0
}

/**
 * Where the number begins in a word of letters with a number after a dot or a dash (`core.2275`,
 * `worker-12`, `Link-0T1`), or -1. The stem stays constant as long as the lines show no other.
 */
export const numberAfterStem = (text: string, from: number, to: number, flags: number): number => {
  const joint = flags & ~(HEX | LETTER | DIGIT | UNDERSCORE)
  if (joint !== DOT && joint !== DASH) return -1
  let at = from
  while (at < to && classOf(text.charCodeAt(at)) & (HEX | LETTER | UNDERSCORE)) at++
  if (at - from < 2 || !(classOf(text.charCodeAt(at)) & (DOT | DASH))) return -1
  // `blk_-5` is an id in two parts.
  if (!(classOf(text.charCodeAt(at - 1)) & (HEX | LETTER))) return -1
  const number = at + 1
  if (number >= to || !(classOf(text.charCodeAt(number)) & DIGIT)) return -1
  for (at = number; at < to; at++) {
    const bits = classOf(text.charCodeAt(at))
    if (!(bits & (joint === DASH ? ALNUM : DIGIT))) return -1
  }
  return number
}
