/** A kind of value that must not leave, and how to find it. */
export interface RedactRule {
  /** What stands in its place: `<IP_1>`. */
  name: string
  /** The group `secret`, with which a match must end, is hidden; all of it when there is none. */
  pattern: RegExp
  /** Looks at a match more closely. */
  accepts?(value: string): boolean
}

/** What stands in place of hidden values; a model may lose the angle brackets. */
export const PLACEHOLDER = /<?\b((?:TEXT|SECRET|EMAIL|CARD|MAC|IP|HEX|USER)_\d{1,6})\b>?/g

/** Words behind `user` that name nobody. */
const NOBODY = new Set(
  (
    'is are was were has had not no and or for from with to in on at by of the a an id name names was logged login ' +
    'logout logging agent session sessions request requests account input defined space data level mode ' +
    'error failed fails failure unknown null undefined none true false authenticated authorised authorized ' +
    'denied created deleted added removed updated found missing invalid expired does cannot did could'
  ).split(' '),
)

/** ISO/IEC 7812-1, annex B. */
export const isCardNumber = (text: string): boolean => {
  const digits = [...text.replace(/\D/g, '')].map(Number).reverse()
  if (digits.length < 13 || digits.length > 19) return false
  const sum = digits.reduce((all, digit, i) => {
    const twice = i % 2 === 0 ? digit : 2 * digit
    return all + (twice > 9 ? twice - 9 : twice)
  }, 0)
  return sum % 10 === 0
}

/** Looks drawn at random: small and large letters and several digits in one long word; no path. */
const isRandom = (text: string): boolean =>
  /[a-z]/.test(text) &&
  /[A-Z]/.test(text) &&
  (text.match(/\d/g)?.length ?? 0) >= 3 &&
  !text.split('/').some(part => part.length > 2 && /^(?:[A-Z]?[a-z]+|v?\d+)$/.test(part))

const isName = (text: string): boolean => !NOBODY.has(text.toLowerCase())

const SECRET_WORD =
  '(?:passw(?:or)?d|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|' +
  'auth[_-]?key|authorization|credentials?|cookie|session[_-]?id|signature)'
/** Of an `Authorization` header. */
const SCHEME = '(?:(?:bearer|basic|digest|token)\\s{1,4})?'
const USER_WORD = '(?:user(?:[_-]?(?:name|id))?|login|logname|uname|r?uid|account|customer|e?mail)'
/** In quotes, in the quotes of a JSON text within a text, or up to a blank or quote. */
const VALUE = String.raw`(?:\\"(?<secret>[^"\\]+)|"(?<secret>(?:[^"\\]|\\.)+)|'(?<secret>[^']+)|(?<secret>[^\s"']+))`

/**
 * In the order in which they are applied: what an earlier one has hidden no later one sees. Every
 * pattern takes time linear in the text.
 */
export const REDACT_RULES: readonly RedactRule[] = [
  // A log may hold what looks like a placeholder; put back it must be itself.
  { name: 'TEXT', pattern: PLACEHOLDER },
  {
    name: 'SECRET',
    pattern:
      /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|$)/g,
  },
  // Name and password of an address.
  { name: 'SECRET', pattern: /\b[a-z][a-z\d+.-]{1,20}:\/\/(?<secret>[^\s/"']{1,200})(?=@)/gi },
  {
    name: 'SECRET',
    pattern: /\b(?:bearer|basic|digest)\s{1,4}(?<secret>[\w.~+/=-]{6,})/gi,
    accepts: text => !/^[A-Z]?[a-z]+\.?$/.test(text),
  },
  { name: 'SECRET', pattern: /\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?/g },
  // Keys that tell by their beginning whose they are.
  { name: 'SECRET', pattern: /\b(?:(?:AKIA|ASIA)[A-Z\d]{16}|AIza[\w-]{35})/g },
  {
    name: 'SECRET',
    pattern: /\b(?:gh[opsur]_|github_pat_|hf_|glpat-|npm_|xox[abeoprs]-|[rsp]k[-_])[\w-]{16,}/g,
  },
  {
    name: 'SECRET',
    pattern: new RegExp(`${SECRET_WORD}\\\\?["']?\\s{0,4}[=:]\\s{0,4}${SCHEME}${VALUE}`, 'gi'),
  },
  { name: 'EMAIL', pattern: /[\w.+%-]{1,64}@(?:[a-z\d-]{1,63}\.){1,8}[a-z]{2,24}\b/gi },
  { name: 'CARD', pattern: /(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])/g, accepts: isCardNumber },
  { name: 'MAC', pattern: /(?<![\w:-])(?:[\da-f]{2}[:-]){5}[\da-f]{2}(?![\w:-])/gi },
  { name: 'IP', pattern: /(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\d)/g },
  { name: 'IP', pattern: /(?<![\w:])(?:[\da-f]{1,4}:){7}[\da-f]{1,4}(?![\w:])/gi },
  {
    name: 'IP',
    pattern:
      /(?<![\w:])(?:[\da-f]{1,4}:){0,6}(?:[\da-f]{1,4})?::(?:[\da-f]{1,4}:){0,6}(?:[\da-f]{1,4})?(?![\w:])/gi,
    accepts: text => text.length > 2,
  },
  { name: 'HEX', pattern: /\b(?:0x)?[\da-f]{16,}\b/gi },
  { name: 'SECRET', pattern: /(?<![\w+/-])[\w+/-]{24,}={0,2}(?![\w+/-])/g, accepts: isRandom },
  { name: 'USER', pattern: /(?:\/home\/|\/Users\/|\\Users\\)(?<secret>[^\s/\\"':]{1,64})/g },
  {
    name: 'USER',
    pattern: new RegExp(`\\b${USER_WORD}\\\\?["']?\\s{0,4}[=:]\\s{0,4}${VALUE}`, 'gi'),
  },
  {
    name: 'USER',
    pattern:
      /\b(?:users?|username|customer)\s{1,4}["']?(?<secret>[\p{L}\d_][\p{L}\d_.@$-]{0,63})/giu,
    accepts: isName,
  },
  // `Failed password for alice from …`
  {
    name: 'USER',
    pattern: /\b(?:accepted|failed)\s\S{1,40}\sfor\s(?<secret>[\p{L}\d_][\p{L}\d_.@$-]{0,63})/giu,
    accepts: isName,
  },
]
