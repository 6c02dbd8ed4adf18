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
const HOST = /([A-Za-z][\w-]*(?:\.[\w-]+)*):(\d{2,5})\b(?![-:./]\d)/g
const URL_HOST = /\b[a-z][a-z0-9+.-]*:\/\/(?:[^\s/@]+@)?([A-Za-z][\w-]*(?:\.[\w-]+)*)/g
/** A whole host name that stands by itself; names of packages begin where these end. */
const WHOLE_HOST =
  /(?<![\w.@/-])(?!(?:com|org|net|io|java|javax|jakarta|kotlin|scala|sun|edu|dev)\.)([a-z][a-z0-9-]*(?:\.[a-z0-9][a-z0-9-]*)*\.(?:com|org|net|io|dev|app|cloud|local|internal|lan|intra|corp|svc|test|example|invalid|[a-z]{2}))(?![\w.-])/g
/** Endings of two letters that are those of files. */
const FILE_ENDING = /\.(?:js|ts|py|rb|go|rs|sh|so|md|db|gz|cs|kt|pl|ko|vm|ps|lz|xz|mo|hs|ml)$/
/** Keys behind which log lines name what they talk to. */
const KEYED =
  /\b(?:host|hostname|target|upstream|downstream|peer|server|service|svc|endpoint|backend|broker|db|database|provider|dependency|remote|dest|destination|cluster)\s*[=:]\s*"?(?:[a-z][a-z0-9+.-]*:\/\/)?([A-Za-z][\w.-]*)/gi
/** Words behind which plain sentences name it; a name of several parts is told from a word. */
const SPOKEN =
  /\b(?:to|from|calling|call|called|contacting|reaching|reach|on|at|by|via|upstream|service|provider|gateway|broker|cache|database|host|server)\s+['"]?([A-Za-z][\w-]*(?:[-_.][\w-]+)+)/gi

/** Gathers names of things to reach, which lines give away by how they speak of them. */
export interface Spoken {
  read(text: string, service: number): void
  /** Names, and how many services speak of each. */
  names(): Map<string, number>
}

/** Names that are kept. */
const MOST_NAMES = 500

export const createSpoken = (): Spoken => {
  const found = new Map<string, Set<number>>()
  /** Ports behind plain words: one and the same is a port, others are ids of things. */
  const ports = new Map<string, { port: string; n: number; services: Set<number> } | null>()
  const add = (name: string, service: number): void => {
    if (name.length < 2 || PLAIN.has(name) || (found.size >= MOST_NAMES && !found.has(name))) return
    found.set(name, (found.get(name) ?? new Set()).add(service))
  }
  const notePort = (name: string, port: string, service: number): void => {
    const known = ports.get(name)
    if (known === null || (known === undefined && ports.size >= MOST_NAMES)) return
    if (known === undefined) ports.set(name, { port, n: 1, services: new Set([service]) })
    else if (known.port !== port) ports.set(name, null)
    else {
      known.n++
      known.services.add(service)
    }
  }
  return {
    read(text, service) {
      const part = text.slice(0, MOST_READ)
      for (const pattern of [URL_HOST, KEYED, SPOKEN]) {
        for (const [, name] of part.matchAll(pattern)) add(clean(name!), service)
      }
      for (const [, name] of part.matchAll(WHOLE_HOST)) {
        if (name!.split('.').length > 2 && !FILE_ENDING.test(name!)) add(clean(name!), service)
      }
      for (const [, name, port] of part.matchAll(HOST)) {
        if (/[-.\d]/.test(name!)) add(clean(name!), service)
        else notePort(clean(name!), port!, service)
      }
    },
    names() {
      const names = new Map([...found].map(([name, { size }]) => [name, size]))
      for (const [name, known] of ports) {
        if (known !== null && known.n >= 2) {
          names.set(name, Math.max(names.get(name) ?? 0, known.services.size))
        }
      }
      return names
    },
  }
}

const clean = (name: string): string => name.toLowerCase().replace(/[.-]+$/, '')

/** Whether a token is the name itself or a host of it: cart, cart-7d9f, cart.default.svc, cart_1. */
const matcher =
  (names: ReadonlyMap<string, string>) =>
  (token: string): string | undefined => {
    const lower = token.toLowerCase().replace(/[.-]+$/, '')
    const whole = names.get(lower) ?? names.get(squeezed(lower))
    if (whole !== undefined) return whole
    for (let cut = lower.length - 1; cut > 2; cut--) {
      const c = lower[cut]
      if (c !== '.' && c !== '-' && c !== '_') continue
      const head = names.get(lower.slice(0, cut))
      if (head !== undefined) return head
    }
    return undefined
  }

/** Names of one thing that differ in signs only: `cart-service`, `cart_service`, `CartService`. */
const squeezed = (name: string): string => name.toLowerCase().replace(/[-_]/g, '')

/** Shorter names are words of other things. */
const LEAST_ALIAS = 5

/** What a service is called beside its own name: by the last part of a logger's name, without signs. */
const serviceAliases = (services: readonly string[]): Map<string, string> => {
  const names = new Map<string, string>()
  const add = (alias: string, name: string): void => {
    if (alias.length >= LEAST_ALIAS && !names.has(alias)) names.set(alias, name)
  }
  for (const name of services) names.set(name.toLowerCase(), name)
  for (const name of services) add(squeezed(name), name)
  for (const name of services) {
    const last = name.split(/[./:]/).at(-1)!
    if (/[A-Z]/.test(last)) add(squeezed(last), name)
  }
  return names
}

/** Parts of host names that are no names of anybody. */
const GENERIC = new Set(
  'example internal cluster local svc default prod staging test www'.split(' '),
)

/** What a host is called beside its full name: `acme` of `api.acme.com`. */
const componentAliases = (components: Iterable<string>): Map<string, string> => {
  const names = new Map<string, string>()
  for (const name of components) names.set(name.toLowerCase(), name)
  for (const name of [...names.values()]) {
    const parts = name.toLowerCase().split('.')
    const own = parts.at(-2)!
    if (parts.length < 3 || own.length < LEAST_ALIAS || GENERIC.has(own) || PLAIN.has(own)) continue
    if (!names.has(own)) names.set(own, name)
  }
  return names
}

/** Finds names of services, and of components that write no lines themselves. */
export const createNameFinder = (
  services: readonly string[],
  components: Iterable<string> = [],
): NameFinder => {
  const serviceOf = matcher(serviceAliases(services))
  const componentOf = matcher(componentAliases(components))
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
    'downstream upstream operation handler handling processing processed transient issue skipped skipping ' +
    'lock locks locked deadlock update select insert delete table tables row rows primary replica index key ' +
    'keys transaction transactions statement query queries commit rollback relation column tuple'
  ).split(' '),
)
/** Where a name stands: behind a word of direction, or first with what happened to it. */
const PLACED =
  /(?:^|\b(?:to|from|at|by|via|calling|reaching|contacting)\s+)([a-z][a-z0-9]*(?:[-_][a-z0-9]+)*)/gi
const HAPPENED =
  /^\S+ (?:(?:is|was|has) )?(?:unavailable|unreachable|down|away|gone|dead|timed|refused|failed|returned|took|closed|did|does|not|no)\b/i

/**
 * Words that the troubled lines of several services share although the lines are worded differently:
 * what they all speak of.
 */
export const sharedWords = (
  lines: readonly { service: number; text: string }[],
  isOrdinary: (word: string) => boolean,
): string[] => {
  const seen = new Map<string, { services: Set<number>; wordings: Set<string>; placed: boolean }>()
  for (const { service, text } of lines) {
    const [head = ''] = text.slice(0, MOST_READ).toLowerCase().split('\n')
    for (const match of head.matchAll(PLACED)) {
      const [, word] = match
      const isFirst = match.index === 0 && match[0] === word
      if (isFirst && !HAPPENED.test(head)) continue
      if (word!.length < 4 || PLAIN.has(word!) || isOrdinary(word!)) continue
      const entry = seen.get(word!) ?? {
        ...{ services: new Set<number>(), wordings: new Set<string>(), placed: false },
      }
      entry.placed ||= !isFirst
      entry.services.add(service)
      entry.wordings.add(head.replace(/[^a-z ]/g, ''))
      seen.set(word!, entry)
    }
  }
  return (
    [...seen]
      // One wording that begins with the word may begin with any word.
      .filter(
        ([, { services, wordings, placed }]) =>
          services.size >= 2 && (placed || wordings.size >= 2),
      )
      .map(([word]) => word)
  )
}

/** What an answer says: that it came, or how long it took. */
const ANSWER =
  /<-|\b(?:returned|returns|response|responded|answer|answered|replied|reply|completed|complete|done|finished|got|received|recv|end|ended|ok|took|elapsed|duration|latency)\b|_(?:done|end|ended|finished|ms)\b|\bms=|(?:\d|<\*>)\s?ms\b/i

/** Whether a line that names somebody tells that the work there is over, and not that it begins. */
export const isAnswer = (template: string): boolean => ANSWER.test(template)
