import { PLACEHOLDER, REDACT_RULES, type RedactRule } from './redact-rules.ts'

/** Hides what must not leave behind placeholders, and puts it back; for one conversation. */
export interface Redactor {
  /** The same value gets the same placeholder each time. */
  hide(text: string): string
  /** Puts values back; placeholders that it never gave stay as they are. */
  restore(text: string): string
  /** Values hidden. */
  readonly hidden: number
}

export const createRedactor = (rules: readonly RedactRule[] = REDACT_RULES): Redactor => {
  const names = new Map<string, string>()
  const values = new Map<string, string>()
  const counts = new Map<string, number>()
  const restore = (text: string): string =>
    text.replace(PLACEHOLDER, (whole, name: string) => values.get(name) ?? whole)
  const placeholder = (kind: string, found: string): string => {
    // It may hold a placeholder that an earlier rule has put there.
    const value = kind === 'TEXT' ? found : restore(found)
    const known = names.get(`${kind} ${value}`)
    if (known !== undefined) return `<${known}>`
    const count = (counts.get(kind) ?? 0) + 1
    const name = `${kind}_${count}`
    counts.set(kind, count)
    names.set(`${kind} ${value}`, name)
    values.set(name, value)
    return `<${name}>`
  }
  const apply = (text: string, { name, pattern, accepts }: RedactRule): string =>
    text.replace(pattern, (whole: string, ...rest: unknown[]) => {
      const last = rest.at(-1)
      const groups = typeof last === 'object' ? (last as Record<string, string>) : undefined
      const value = groups === undefined ? whole : groups.secret
      if (value === undefined || accepts?.(value) === false) return whole
      // An earlier rule has hidden just this.
      if (values.has(value.slice(1, -1))) return whole
      return whole.slice(0, whole.length - value.length) + placeholder(name, value)
    })
  return {
    hide: text => rules.reduce(apply, text),
    restore,
    get hidden() {
      return values.size
    },
  }
}
