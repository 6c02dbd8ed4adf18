import { isCardNumber, isIban, isName, isRandom } from './redact-checks.ts'

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
export const PLACEHOLDER =
  /<?\b((?:TEXT|SECRET|EMAIL|CARD|ACCOUNT|PHONE|MAC|IP|HEX|USER|HOST)_\d{1,6})\b>?/g

const SECRET_WORD =
  '(?:passw(?:or)?d|passwd|passphrase|passcode|pwd|secret|token|api[_-]?key|access[_-]?key|' +
  'private[_-]?key|account[_-]?key|auth[_-]?key|encryption[_-]?key|authorization|credentials?|' +
  'session[_-]?id|signature|\\b(?:pass|pin|otp|cvv|cvc|ssn|sig))'
/** Of an `Authorization` header. */
const SCHEME = '(?:(?:bearer|basic|digest|token|negotiate)\\s{1,4})?'
const USER_WORD =
  '(?:user(?:[_-]?(?:name|id))?|login|logname|uname|r?uid|account|customer|principal|owner|actor|' +
  '(?:first|last|full|given|family|display|nick|sur)[_-]?name|e?mail)'
const HOST_WORD = '(?:host(?:[_-]?name)?|r?host|node(?:[_-]?name)?|server(?:[_-]?name)?|fqdn)'
/** In quotes, in the quotes of a JSON text within a text, or up to a blank or quote. */
const VALUE = String.raw`(?:\\"(?<secret>[^"\\]+)|"(?<secret>(?:[^"\\]|\\.)+)|'(?<secret>[^']+)|(?<secret>[^\s"']+))`
const IS = '\\\\?["\']?\\s{0,4}[=:]\\s{0,4}'
const NAME = String.raw`(?<secret>[\p{L}\d_][\p{L}\d_.@$-]{0,63})`

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
      /-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----|$)/g,
  },
  // Name and password of an address.
  { name: 'SECRET', pattern: /\b[a-z][a-z\d+.-]{1,20}:\/\/(?<secret>[^\s/"']{1,200})(?=@)/gi },
  // All of them: `Cookie: a=1; b=2`.
  { name: 'SECRET', pattern: /\bcookies?\\?["']?\s{0,4}[=:]\s{0,4}["']?(?<secret>[^\r\n"'\\]+)/gi },
  {
    name: 'SECRET',
    pattern: /\b(?:bearer|basic|digest|negotiate)\s{1,4}(?<secret>[\w.~+/=-]{6,})/gi,
    accepts: text => !/^[A-Z]?[a-z]+\.?$/.test(text),
  },
  { name: 'SECRET', pattern: /\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)*/g },
  // Keys that tell by their beginning whose they are.
  { name: 'SECRET', pattern: /\b(?:(?:AKIA|ASIA|ABIA|ACCA)[A-Z\d]{16}|AIza[\w-]{35})/g },
  {
    name: 'SECRET',
    pattern:
      /\b(?:gh[opsur]_|github_pat_|hf_|glpat-|npm_|dop_v1_|xox[abeoprs]-|[rsp]k[-_]|whsec_|hvs\.|ya29\.|SG\.)[\w.-]{16,}/g,
  },
  { name: 'SECRET', pattern: new RegExp(`${SECRET_WORD}${IS}${SCHEME}${VALUE}`, 'gi') },
  // `--password x`, and `password 'x'`.
  { name: 'SECRET', pattern: new RegExp(`--[\\w-]{0,30}?${SECRET_WORD}\\s{1,4}${VALUE}`, 'gi') },
  {
    name: 'SECRET',
    pattern: new RegExp(`${SECRET_WORD}\\s{1,4}(?:is\\s|was\\s)?(?=["'])${VALUE}`, 'gi'),
  },
  { name: 'EMAIL', pattern: /[\w.+%-]{1,64}@(?:[a-z\d-]{1,63}\.){1,8}[a-z]{2,24}\b/gi },
  {
    name: 'ACCOUNT',
    pattern: /\b[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,3})?\b/g,
    accepts: isIban,
  },
  { name: 'CARD', pattern: /(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])/g, accepts: isCardNumber },
  { name: 'MAC', pattern: /(?<![\w:-])(?:[\da-f]{2}[:-]){5}[\da-f]{2}(?![\w:-])/gi },
  // The last parts of an IPv6 address may be those of an IPv4 one.
  { name: 'IP', pattern: /(?<![\w:])(?:[\da-f]{0,4}:){2,7}(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\d)/gi },
  { name: 'IP', pattern: /(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\d)/g },
  { name: 'IP', pattern: /(?<![\w:])(?:[\da-f]{1,4}:){7}[\da-f]{1,4}(?![\w:])/gi },
  {
    name: 'IP',
    pattern:
      /(?<![\w:])(?:[\da-f]{1,4}:){0,6}(?:[\da-f]{1,4})?::(?:[\da-f]{1,4}:){0,6}(?:[\da-f]{1,4})?(?![\w:])/gi,
    accepts: text => text.length > 2,
  },
  // With the code of a country, or in groups as they are written in North America.
  { name: 'PHONE', pattern: /(?<![\w+.])\+\d{1,3}(?:[ ().-]{0,2}\d){7,12}(?![\w.-]?\d)/g },
  { name: 'PHONE', pattern: /(?<![\w.-])(?:\(\d{3}\) ?|\d{3}[ -])\d{3}-\d{4}(?![\w.-])/g },
  { name: 'HEX', pattern: /\b(?:0x)?[\da-f]{16,}\b/gi },
  { name: 'SECRET', pattern: /(?<![\w+/-])[\w+/-]{16,}={0,2}(?![\w+/-])/g, accepts: isRandom },
  { name: 'USER', pattern: /(?:\/home\/|\/Users\/|\\Users\\)(?<secret>[^\s/\\"':]{1,64})/g },
  { name: 'USER', pattern: new RegExp(`\\b${USER_WORD}${IS}${VALUE}`, 'gi') },
  {
    name: 'USER',
    pattern: new RegExp(`\\b(?:users?|username|customer)\\s{1,4}["']?${NAME}`, 'giu'),
    accepts: isName,
  },
  // `Failed password for alice from …`
  {
    name: 'USER',
    pattern: new RegExp(`\\b(?:accepted|failed)\\s\\S{1,40}\\sfor\\s${NAME}`, 'giu'),
    accepts: isName,
  },
  // `logged in as alice`, `sudo: alice : TTY=…`, `by alice(uid=0)`, `alice(uid=0)`.
  {
    name: 'USER',
    pattern: new RegExp(`\\b(?:logged|signed)[ -](?:in|on)\\sas\\s["']?${NAME}`, 'giu'),
    accepts: isName,
  },
  { name: 'USER', pattern: new RegExp(`\\bsudo(?:\\[\\d+\\])?:\\s{1,4}${NAME}(?=\\s:)`, 'giu') },
  { name: 'USER', pattern: new RegExp(`(?<![\\p{L}\\d_])${NAME}(?=\\(uid=)`, 'giu') },
]

/** Applied after the others where hosts are to be hidden, too. */
export const HOST_RULES: readonly RedactRule[] = [
  {
    name: 'HOST',
    pattern: /\b[a-z][a-z\d+.-]{1,20}:\/\/(?:[^\s/@]{1,200}@)?(?<secret>[a-z\d][\w.-]{0,252})/gi,
  },
  { name: 'HOST', pattern: new RegExp(`\\b${HOST_WORD}${IS}${VALUE}`, 'gi') },
  { name: 'HOST', pattern: /(?<![\w.-])(?:[a-z\d][a-z\d-]{0,62}\.){1,8}[a-z]{2,24}(?![\w-])/gi },
  // `db-1:5432`
  { name: 'HOST', pattern: /(?<![\w.:/<-])[a-z][a-z\d-]{0,62}(?=:\d{2,5}(?![\w:.]))/gi },
  { name: 'HOST', pattern: /(?<=\w@)[a-z\d][\w.-]{0,252}/gi },
]
