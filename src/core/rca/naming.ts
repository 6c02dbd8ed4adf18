/** Somebody that a line speaks of. */
export interface Named {
  name: string
  kind: 'service' | 'component'
}

export interface NameFinder {
  /** Known services and components in a text, but `own`. */
  find(text: string, own: string): Named[]
}

const TOKEN = /[A-Za-z0-9][A-Za-z0-9_.-]*/g
/** Longer lines are read up to here. */
const MOST_READ = 2_000

/** host:port, and hosts in URLs. */
const HOST = /([A-Za-z][\w-]*(?:\.[\w-]+)*):\d{2,5}\b/g
const URL_HOST = /\b[a-z][a-z0-9+.-]*:\/\/(?:[^\s/@]+@)?([A-Za-z][\w-]*(?:\.[\w-]+)*)/g
/** Keys behind which log lines name what they talk to. */
const KEYED =
  /\b(?:host|hostname|target|upstream|downstream|peer|server|service|svc|endpoint|backend|broker|cache|queue|topic|db|database|store|provider|dependency|remote|dest|destination|pool|cluster)\s*[=:]\s*"?([A-Za-z][\w.-]*)/gi
/** Words behind which plain sentences name it; a name of several parts is told from a word. */
const SPOKEN =
  /\b(?:to|from|calling|call|called|contacting|reaching|reach|on|at|by|via|upstream|service|provider|gateway|broker|cache|database|host|server)\s+['"]?([A-Za-z][\w-]*(?:[-_.][\w-]+)+)/gi

/** Names of things to reach that a text gives away by how it speaks of them. */
export const spokenOf = (text: string): string[] => {
  const found = new Set<string>()
  const part = text.slice(0, MOST_READ)
  for (const pattern of [URL_HOST, HOST, KEYED, SPOKEN]) {
    for (const [, name] of part.matchAll(pattern)) {
      const lower = name!.toLowerCase().replace(/[.-]+$/, '')
      if (lower.length >= 2) found.add(lower)
    }
  }
  return [...found]
}

/** Whether a token is the name itself or a host of it: cart, cart-7d9f, cart.default.svc, cart_1. */
const matcher =
  (names: ReadonlyMap<string, string>) =>
  (token: string): string | undefined => {
    const lower = token.toLowerCase().replace(/[.-]+$/, '')
    const whole = names.get(lower)
    if (whole !== undefined) return whole
    for (let cut = lower.length - 1; cut > 2; cut--) {
      const c = lower[cut]
      if (c !== '.' && c !== '-' && c !== '_') continue
      const head = names.get(lower.slice(0, cut))
      if (head !== undefined) return head
    }
    return undefined
  }

/** Finds names of services, and of components that write no lines themselves. */
export const createNameFinder = (
  services: readonly string[],
  components: Iterable<string> = [],
): NameFinder => {
  const serviceOf = matcher(new Map(services.map(name => [name.toLowerCase(), name])))
  const componentOf = matcher(new Map([...components].map(name => [name.toLowerCase(), name])))
  return {
    find(text, own) {
      const found = new Map<string, Named>()
      for (const [token] of text.slice(0, MOST_READ).matchAll(TOKEN)) {
        const service = serviceOf(token)
        const name = service ?? componentOf(token)
        if (name === undefined || name === own) continue
        found.set(name, { name, kind: service === undefined ? 'component' : 'service' })
      }
      return [...found.values()]
    },
  }
}

/** Words of trouble, and of what lines say around it: never a name. */
const PLAIN = new Set(
  (
    'error errors err failed failure fail fails failing exception warn warning fatal critical connection ' +
    'connect connecting connected refused reset closed broken pipe timeout timed time out waiting wait ' +
    'retry retrying retries attempt attempts unavailable unreachable unknown invalid unexpected missing ' +
    'not found null none true false lost dropped rejected denied aborted cancelled canceled exceeded limit ' +
    'slow high low full empty could cannot can unable while during after before with without from for ' +
    'the and into onto over under again back falling fallback default using used use call calls called ' +
    'calling request requests response responses reply status code server service client host port ' +
    'message messages line lines read write get set put post delete open close start started stop ' +
    'stopped begin end next last first got have has had was were will been being this that its returned ' +
    'returning result results java lang org com net http https internal bad gateway queue database cache ' +
    'downstream upstream operation handler handling processing processed transient issue skipped skipping'
  ).split(' '),
)
/** Where a name stands: first, or behind a word of direction. */
const PLACED =
  /(?:^|\b(?:to|from|at|by|via|calling|reaching|contacting)\s+)([a-z][a-z0-9]*(?:[-_][a-z0-9]+)*)/gi

/**
 * Words that the troubled lines of several services share although the lines are worded differently:
 * what they all speak of.
 */
export const sharedWords = (
  lines: readonly { service: number; text: string }[],
  isOrdinary: (word: string) => boolean,
): string[] => {
  const seen = new Map<string, { services: Set<number>; wordings: Set<string> }>()
  for (const { service, text } of lines) {
    const [head = ''] = text.slice(0, MOST_READ).toLowerCase().split('\n')
    for (const [, word] of head.matchAll(PLACED)) {
      if (word!.length < 4 || PLAIN.has(word!) || isOrdinary(word!)) continue
      const entry = seen.get(word!) ?? { services: new Set(), wordings: new Set() }
      entry.services.add(service)
      entry.wordings.add(head.replace(/[^a-z ]/g, ''))
      seen.set(word!, entry)
    }
  }
  return [...seen]
    .filter(([, { services, wordings }]) => services.size >= 2 && wordings.size >= 2)
    .map(([word]) => word)
}
