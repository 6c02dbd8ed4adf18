/** Names of services that lines may speak of, in the forms in which they do. */
export interface NameFinder {
  /** Known names in a text, but `own`. */
  known(text: string, own: string): string[]
  /** Things in a text that look like places to reach: hosts, addresses, what a line goes to. */
  others(text: string): string[]
}

const TOKEN = /[A-Za-z0-9][A-Za-z0-9_.-]*/g
/** host:port, and hosts in URLs. */
const HOST = /(?:[a-z][a-z0-9+.-]*:\/\/(?:[^\s/@]+@)?)?([A-Za-z][\w-]*(?:\.[\w-]+)*):\d{2,5}\b/g
const URL_HOST = /\b[a-z][a-z0-9+.-]*:\/\/(?:[^\s/@]+@)?([A-Za-z][\w-]*(?:\.[\w-]+)*)/g
/** Keys behind which log lines name what they talk to. */
const KEYED =
  /\b(?:host|hostname|target|upstream|downstream|peer|server|service|svc|endpoint|backend|broker|cache|queue|topic|db|database|store|provider|dependency|remote|dest|destination|pool|cluster)\s*[=:]\s*"?([A-Za-z][\w.-]*)/gi
/** Words behind which it stands in plain sentences. */
const SPOKEN =
  /\b(?:to|from|calling|call|called|contacting|reaching|reach|on|at|by|via|upstream|service|provider|gateway|broker|cache|database|host|server)\s+'?"?([A-Za-z][\w-]*(?:[-_.][\w-]+)+)/gi

/** Endings that say only that something is a service. */
const ENDING = /[-_.]?(?:service|svc|server|app|api)$/i

export const bareName = (name: string): string => {
  const bare = name.toLowerCase().replace(ENDING, '')
  return bare.length >= 3 ? bare : name.toLowerCase()
}

export const createNameFinder = (services: readonly string[]): NameFinder => {
  const full = new Map<string, string>()
  const bare = new Map<string, string | undefined>()
  for (const name of services) {
    full.set(name.toLowerCase(), name)
    const short = bareName(name)
    bare.set(short, bare.has(short) && bare.get(short) !== name ? undefined : name)
  }
  const match = (token: string): string | undefined => {
    const lower = token.toLowerCase()
    const known = full.get(lower)
    if (known !== undefined) return known
    // A host of it: cart-7d9f, cart.default.svc, cart_1.
    for (let cut = lower.length; cut > 2; cut--) {
      const c = lower[cut]
      if (c !== '.' && c !== '-' && c !== '_') continue
      const head = full.get(lower.slice(0, cut))
      if (head !== undefined) return head
    }
    return undefined
  }
  return {
    known(text, own) {
      const found = new Set<string>()
      for (const [token] of text.slice(0, 2000).matchAll(TOKEN)) {
        const name = match(token.replace(/[.-]+$/, ''))
        if (name !== undefined && name !== own) found.add(name)
      }
      return [...found]
    },
    others(text) {
      const found = new Set<string>()
      const part = text.slice(0, 2000)
      for (const pattern of [URL_HOST, HOST, KEYED, SPOKEN]) {
        for (const [, name] of part.matchAll(pattern)) {
          const lower = name!.toLowerCase().replace(/[.-]+$/, '')
          if (lower.length >= 2 && match(lower) === undefined) found.add(lower)
        }
      }
      return [...found]
    },
  }
}
