/** Makes lines of a layout with known cuts: the same seed makes the same lines. */
export interface MadeLine {
  line: string
  message: string
}

/** One layout: `head` writes the header of line `n`, `tail` what follows the message. */
export interface MadeLayout {
  name: string
  head(of: Maker): string
  tail?(of: Maker): string
  /** Messages of this program; else those of any server. */
  messages?: ((of: Maker) => string)[]
  /** How the line is put together where head + message + tail is not it. */
  wrap?(of: Maker, message: string): string
  /** ISO time of the first line, or `null` where the layout has none. */
  at?: string | null
  level?: boolean
}

/** mulberry32: small, seeded, the same everywhere. */
const random = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const two = (n: number): string => String(n).padStart(2, '0')
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')
const DAYS = 'Sun Mon Tue Wed Thu Fri Sat'.split(' ')

/** Values for one line. Time moves on by 0–40 s from line to line. */
export class Maker {
  time = Date.UTC(2023, 2, 7, 21, 58, 3, 127)
  n = 0
  private readonly next: () => number

  constructor(seed: number) {
    this.next = random(seed)
  }

  step(): void {
    this.n += 1
    this.time += Math.floor(this.next() ** 3 * 40_000)
  }

  int(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1))
  }

  pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.next() * values.length)]!
  }

  hex(size: number): string {
    let out = ''
    while (out.length < size) out += this.int(0, 15).toString(16)
    return out
  }

  uuid(): string {
    return [8, 4, 4, 4, 12].map(size => this.hex(size)).join('-')
  }

  ip(): string {
    return `10.${this.int(0, 3)}.${this.int(0, 255)}.${this.int(1, 254)}`
  }

  level(names = 'INFO INFO INFO INFO WARN ERROR DEBUG'): string {
    return this.pick(names.split(' '))
  }

  /** Time by letters: Y y b m d e H M S f(3) F(6) N(9) j(no pad hour) a A. */
  date(pattern: string): string {
    const t = new Date(this.time)
    const ms = t.getUTCMilliseconds()
    const parts: Record<string, string> = {
      Y: String(t.getUTCFullYear()),
      y: two(t.getUTCFullYear() % 100),
      b: MONTHS[t.getUTCMonth()]!,
      m: two(t.getUTCMonth() + 1),
      d: two(t.getUTCDate()),
      e: String(t.getUTCDate()).padStart(2),
      D: String(t.getUTCDate()),
      H: two(t.getUTCHours()),
      I: String(t.getUTCHours() % 12 || 12),
      p: t.getUTCHours() < 12 ? 'AM' : 'PM',
      M: two(t.getUTCMinutes()),
      S: two(t.getUTCSeconds()),
      f: String(ms).padStart(3, '0'),
      F: String(ms * 1000 + (this.n % 1000)).padStart(6, '0'),
      N: String(ms * 1_000_000 + (this.n % 1000)).padStart(9, '0'),
      a: DAYS[t.getUTCDay()]!,
      s: String(Math.floor(this.time / 1000)),
      x: String(this.time),
    }
    return pattern.replace(/%(\w)/g, (_, letter: string) => parts[letter] ?? letter)
  }
}

const SERVER: ((of: Maker) => string)[] = [
  of => `Accepted connection from ${of.ip()}:${of.int(1024, 65535)}`,
  of => `Connection to ${of.ip()} closed after ${of.int(1, 900)} ms`,
  of => `Starting worker ${of.int(1, 16)} of 16`,
  of => `Failed to open /var/lib/data/${of.hex(6)}.db: No such file or directory`,
  of => `request ${of.uuid()} done status=${of.pick([200, 201, 404, 500])} in ${of.int(1, 400)}ms`,
  () => 'Configuration reloaded',
  of => `user=${of.pick(['alice', 'bob', 'carol', 'dave'])} logged in from ${of.ip()}`,
  of => `Checkpoint ${of.int(1, 9999)} written, ${of.int(1, 90)} segments recycled`,
  of => `cache miss for key session:${of.hex(12)}`,
  of => `${of.int(2, 40)} tasks pending, oldest waits since ${of.int(1, 60)} s`,
  () => 'No leader elected yet; retrying with backoff',
  of => `Timeout while waiting for reply of node ${of.int(1, 9)} (attempt ${of.int(1, 3)})`,
  of => `Removed [${of.hex(8)}] from the set of live members`,
  of => `Size of queue: ${of.int(0, 500)} - shrinking`,
  () => 'shutting down gracefully',
  of => `Reading "${of.pick(['a', 'b', 'c'])}.conf", ${of.int(3, 80)} lines`,
]

/** `count` lines of a layout with the message that a reader must find in each. */
export const makeLines = (layout: MadeLayout, count: number, seed = 7): MadeLine[] => {
  const of = new Maker(seed)
  return Array.from({ length: count }, () => {
    const message = of.pick(layout.messages ?? SERVER)(of)
    const line = layout.wrap
      ? layout.wrap(of, message)
      : `${layout.head(of)}${message}${layout.tail?.(of) ?? ''}`
    const made = { line, message }
    of.step()
    return made
  })
}
