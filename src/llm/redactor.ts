import { isName } from './redact-checks.ts'
import { HOST_RULES, PLACEHOLDER, REDACT_RULES, type RedactRule } from './redact-rules.ts'

/** Hides what must not leave behind placeholders, and puts it back; for one conversation. */
export interface Redactor {
  /** Looks for values in a text that is hidden later; they are then hidden wherever they stand. */
  learn(text: string): void
  /** The same for what is known to be the name of a host, where hosts are hidden. */
  learnHost(name: string): void
  /** The same value gets the same placeholder each time. */
  hide(text: string): string
  /** Puts values back; placeholders that it never gave stay as they are. */
  restore(text: string): string
  /** Whether it gave this placeholder: `IP_1`. */
  gave(name: string): boolean
  /** Values hidden. */
  readonly hidden: number
}

export interface RedactorOptions {
  /** Names of hosts, too. */
  hosts?: boolean
  /** Words that are no names of users or secrets, whatever stands in front of them. */
  plain?: Iterable<string>
}

export const createRedactor = ({ hosts = false, plain = [] }: RedactorOptions = {}): Redactor => {
  const rules = hosts ? [...REDACT_RULES, ...HOST_RULES] : REDACT_RULES
  const spared = new Set([...plain].map(word => word.toLowerCase()))
  const names = new Map<string, string>()
  const values = new Map<string, string>()
  const counts = new Map<string, number>()
  /** Values that are looked for wherever they stand, and the expression that does it. */
  const known = new Map<string, string>()
  let everywhere: RegExp | undefined
  const restore = (text: string): string =>
    text.replace(PLACEHOLDER, (whole, name: string) => values.get(name) ?? whole)
  const placeholder = (kind: string, found: string): string => {
    // It may hold a placeholder that an earlier rule has put there.
    const value = kind === 'TEXT' ? found : restore(found)
    const given = names.get(`${kind} ${value}`)
    if (given !== undefined) return `<${given}>`
    const count = (counts.get(kind) ?? 0) + 1
    const name = `${kind}_${count}`
    counts.set(kind, count)
    names.set(`${kind} ${value}`, name)
    values.set(name, value)
    if (isTelling(value) && !spared.has(value.toLowerCase()) && !known.has(value)) {
      known.set(value, name)
      everywhere = undefined
    }
    return `<${name}>`
  }
  const apply = (text: string, { name, pattern, accepts }: RedactRule): string =>
    text.replace(pattern, (whole: string, ...rest: unknown[]) => {
      const last = rest.at(-1)
      const groups = typeof last === 'object' ? (last as Record<string, string>) : undefined
      const value = groups === undefined ? whole : groups.secret
      if (value === undefined || accepts?.(value) === false) return whole
      if (name === 'USER' && spared.has(value.toLowerCase())) return whole
      // An earlier rule has hidden just this.
      if (values.has(value.slice(1, -1))) return whole
      return whole.slice(0, whole.length - value.length) + placeholder(name, value)
    })
  const hide = (text: string): string => rules.reduce(apply, text)
  const hideKnown = (text: string): string => {
    if (known.size === 0) return text
    everywhere ??= anyOf(known.keys())
    // Placeholders are matched, too, so that nothing is looked for within them.
    return text.replace(everywhere, (found: string) => {
      const name = known.get(found)
      return name === undefined ? found : `<${name}>`
    })
  }
  return {
    learn: text => void hide(text),
    learnHost(name) {
      if (hosts) placeholder('HOST', name)
    },
    hide: text => hideKnown(hide(text)),
    restore,
    gave: name => values.has(name),
    get hidden() {
      return values.size
    },
  }
}

/** Long enough to be looked for everywhere: a user `7` must not hide every 7. */
const isTelling = (value: string): boolean =>
  value.length >= 5 || (value.length >= 3 && /\p{L}/u.test(value))
    ? isName(value) && !/^<?\w+_\d+>?$/.test(value)
    : false

const anyOf = (words: Iterable<string>): RegExp => {
  const escaped = [...words].sort((a, b) => b.length - a.length).map(word => RegExp.escape(word))
  return new RegExp(`<\\w+_\\d+>|(?<![\\p{L}\\d_])(?:${escaped.join('|')})(?![\\p{L}\\d_])`, 'gu')
}
