/** Longest piece of a log that a title or mark shows. */
const MOST_QUOTED = 80

/** Control, bidirectional and invisible formatting characters: they can forge what a reader sees. */
const isUnsafe = (code: number): boolean =>
  code < 32 ||
  (code >= 127 && code < 160) ||
  code === 0xad ||
  (code >= 0x200b && code <= 0x200f) ||
  (code >= 0x2028 && code <= 0x202e) ||
  (code >= 0x2060 && code <= 0x206f) ||
  code === 0xfeff ||
  (code >= 0xfff9 && code <= 0xfffb) ||
  (code >= 0xd800 && code <= 0xdfff) ||
  (code >= 0xe0000 && code <= 0xe007f)

/** Printable ASCII, and the dots of what was cut, with single blanks: nothing to do. */
const PLAIN = /^[\x21-\x7e…]+(?: [\x21-\x7e…]+)*$/

/** Log text as one plain line of at most `most` characters: a blank for what is no text. */
export const plainText = (text: string, most: number): string => {
  if (text.length <= most && PLAIN.test(text)) return text
  let plain = ''
  /** The same without its last character: there must be room for the dots. */
  let shorter = ''
  let length = 0
  let blank = true
  for (const char of text) {
    const code = char.codePointAt(0)!
    const space = code === 32 || isUnsafe(code)
    if (space && blank) continue
    if (length === most) return `${shorter.trimEnd()}…`
    shorter = plain
    plain += space ? ' ' : char
    blank = space
    length++
  }
  return plain.trimEnd()
}

/** A template or line in quotes, variable parts as dots. */
export const quoteText = (text: string, most = MOST_QUOTED): string =>
  `"${plainText(text.replaceAll('<*>', '…'), most).replaceAll('"', "'")}"`
