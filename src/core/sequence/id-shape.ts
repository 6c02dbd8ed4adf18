/**
 * Identifiers in free text: how a token looks tells which family it belongs to, without a list of
 * known names. A family is written as a short text so that it can be shown and stored.
 *
 *   uuid          38101a0b-2096-447d-96ea-a692162415ae
 *   req-uuid      a UUID behind a literal prefix
 *   hex16         hexadecimal, letters and digits, up to 8, 16, 32, 40 or 64 long
 *   0x            0x14ed93111f20027
 *   ip, ip:port   10.251.73.220, 10.251.73.220:50010
 *   digits        a number of at least 9 digits
 *   blk_#1        a literal prefix and its first numbered part (a sign may stand before it)
 *   attempt_#5    a literal prefix and five parts: attempt_1445087491445_0005_m_000003_0
 */
export type IdShape = string

/** An identifier found in a text. */
export interface IdToken {
  value: string
  shape: IdShape
  /** The word that stands before it (`session 4711`, `sid=4711`, `[instance: …]`), '' if none. */
  label: string
}

/** What one token may be read as: `blk_1073741825_1001` is of `blk_#1` and of `blk_#2`. */
export interface Reading {
  value: string
  shape: IdShape
}

const UUID =
  /^([A-Za-z]+[_-])?([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})(?![0-9A-Za-z])/
const HEX = /^[0-9a-fA-F]+$/
const HEX_LENGTHS = [8, 16, 32, 40, 64]
/** Shorter bare numbers are counts, sizes and durations far more often than names of things. */
const MIN_DIGITS = 9
/** Parts of a numbered name that are told apart; longer names are read up to here. */
const MAX_PARTS = 5

const isDigits = (text: string): boolean => /^\d+$/.test(text)

const hexShape = (token: string): IdShape | undefined => {
  if (token.length < HEX_LENGTHS[0]! || !HEX.test(token)) return undefined
  const bound = HEX_LENGTHS.find(length => token.length <= length)
  if (bound === undefined) return undefined
  // A random hexadecimal id is all digits or all letters only by rare chance; a number and a word
  // are so always. Below the full length of a wide id the doubt goes against the id.
  const mixed = /\d/.test(token) && /[a-fA-F]/.test(token)
  return mixed || (bound >= 32 && token.length === bound) ? `hex${bound}` : undefined
}

/**
 * Parts of a name at `_` and `-`. The words before the first part with a digit are its prefix; where
 * that part is the first one, its own leading letters are (`worker3`).
 */
const numbered = (token: string): Reading[] => {
  const parts = token.split(/[_-]/)
  while (parts.length > 0 && !/\d/.test(parts.at(-1)!)) parts.pop()
  if (parts.length === 0) return []
  const first = parts.findIndex(part => /\d/.test(part))
  const before = parts.slice(0, first).reduce((length, part) => length + part.length + 1, 0)
  const letters = first === 0 ? /^[A-Za-z]*/.exec(parts[0]!)![0].length : before
  // The sign of a number is no part of its prefix: `blk_-16` and `blk_16` are one family.
  const prefix = token.slice(0, letters).replace(/([_-])-$/, '$1')
  if (prefix === '') return []
  const readings: Reading[] = []
  let end = before
  for (let i = first; i < parts.length && i - first < MAX_PARTS; i++) {
    end += parts[i]!.length + (i === first ? 0 : 1)
    if (/\d/.test(parts[i]!)) {
      readings.push({ value: token.slice(0, end), shape: `${prefix}#${i - first + 1}` })
    }
  }
  return readings
}

/**
 * Every family that a token may be read as, the widest reading last. A token is a run of letters,
 * digits, `_` and `-`, or an IPv4 address with or without its port; empty when it is no identifier
 * (a word, a short number).
 */
export const readId = (token: string): Reading[] => {
  const uuid = UUID.exec(token)
  if (uuid !== null) {
    return [{ value: `${uuid[1] ?? ''}${uuid[2]}`, shape: `${uuid[1] ?? ''}uuid` }]
  }
  if (token.includes('.')) return [{ value: token, shape: token.includes(':') ? 'ip:port' : 'ip' }]
  if (isDigits(token)) {
    const hex = hexShape(token)
    if (hex !== undefined) return [{ value: token, shape: hex }]
    return token.length < MIN_DIGITS ? [] : [{ value: token, shape: 'digits' }]
  }
  if (/^0x[0-9a-fA-F]{4,}$/.test(token)) return [{ value: token, shape: '0x' }]
  const hex = hexShape(token)
  return hex === undefined ? numbered(token) : [{ value: token, shape: hex }]
}
