/**
 * Classes of UTF-16 code units, one bit each. A chunk is a run of units that have `CHUNK`; all
 * others separate. Units above 127 count as letters: words of other scripts stay whole.
 */
export const DIGIT = 1
/** a–f and A–F: letters that may also be hex digits. */
export const HEX = 2
export const LETTER = 4
export const UNDERSCORE = 8
export const DOT = 16
export const DASH = 32
export const SLASH = 64
export const BACKSLASH = 128
export const AT = 256
/** Other punctuation that may stand inside a word: $ % & + * ~ ^ ? */
export const MARK = 512
export const BLANK = 1024
/** Separators that a run of variables may span: blank , : . - / # + and alike. */
export const JOIN = 2048
/** Not part of a word when it stands at the end of a chunk. */
export const TRIM = 4096
export const ALNUM = DIGIT | HEX | LETTER
export const CHUNK = ALNUM | UNDERSCORE | DOT | DASH | SLASH | BACKSLASH | AT | MARK

const add = (table: Uint16Array, units: string, bits: number): void => {
  for (let i = 0; i < units.length; i++) table[units.charCodeAt(i)]! |= bits
}

const build = (): Uint16Array => {
  const table = new Uint16Array(128)
  add(table, '0123456789', DIGIT)
  add(table, 'abcdefABCDEF', HEX)
  add(table, 'ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ', LETTER)
  add(table, '_', UNDERSCORE)
  add(table, '.', DOT)
  add(table, '-', DASH)
  add(table, '/', SLASH)
  add(table, '\\', BACKSLASH)
  add(table, '@', AT)
  add(table, '$%&+*~^?', MARK)
  add(table, ' \t\n\v\f\r', BLANK)
  add(table, ' \t\n\v\f\r,:.-/#+&;_@', JOIN)
  add(table, '.-/%+*?&^~', TRIM)
  return table
}

/** Class bits of the code units 0–127. */
export const classes: Uint16Array = build()

/** Class bits of any code unit. */
export const classOf = (unit: number): number => (unit < 128 ? classes[unit]! : LETTER)
