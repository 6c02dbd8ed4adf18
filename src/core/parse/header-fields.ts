import type { Level } from '../types.ts'
import type { HeaderFields, HeaderRole } from './header-plan.ts'

const SPANS_MAX = 32

const hasOwnPlace = (role: HeaderRole): boolean =>
  role === 'component' || role === 'process' || role === 'thread'

/**
 * Header values of one line as spans of it, so that reading a header copies no text. Reused from
 * line to line: what is kept must be read out before the next one.
 */
export class SpanFields implements HeaderFields {
  at = 0
  dated = false
  level: Level | undefined = undefined
  message: string | undefined = undefined
  private line = ''
  private count = 0
  private readonly roles: HeaderRole[] = []
  private readonly starts = new Int32Array(SPANS_MAX)
  private readonly ends = new Int32Array(SPANS_MAX)
  private values: Record<string, string> | undefined = undefined
  private deferred: (() => [string, string][]) | undefined = undefined

  /** Forgets the line before. */
  reset(line: string, arrived: number): void {
    this.at = arrived
    this.dated = false
    this.level = undefined
    this.message = undefined
    this.line = line
    this.count = 0
    this.values = undefined
    this.deferred = undefined
  }

  /** Forgets what was found from the `keep`th span on (a layout that did not fit). */
  rewind(keep: number): void {
    this.count = keep
  }

  get size(): number {
    return this.count
  }

  span(role: HeaderRole, start: number, end: number): void {
    if (this.count === SPANS_MAX || end <= start) return
    this.roles[this.count] = role
    this.starts[this.count] = start
    this.ends[this.count] = end
    this.count += 1
  }

  /** A value that is no part of the line's text as it stands. */
  set(role: HeaderRole, value: string): void {
    this.values ??= {}
    this.values[role] = value
  }

  /** Named values that are only made when somebody asks for the fields. */
  later(make: () => [string, string][]): void {
    this.deferred = make
  }

  /** Turns spans into values, before the same fields take in another text (an inner message). */
  settle(line: string): void {
    for (let i = 0; i < this.count; i += 1)
      this.set(this.roles[i]!, this.line.slice(this.starts[i], this.ends[i]))
    this.count = 0
    this.line = line
  }

  private find(role: HeaderRole): string | undefined {
    // The last one wins: inner headers know more than wrappers do.
    for (let i = this.count - 1; i >= 0; i -= 1)
      if (this.roles[i] === role) return this.line.slice(this.starts[i], this.ends[i])
    return this.values?.[role]
  }

  private hasOthers(): boolean {
    for (let i = 0; i < this.count; i += 1) if (!hasOwnPlace(this.roles[i]!)) return true
    return false
  }

  get component(): string | undefined {
    return this.find('component')
  }

  get process(): string | undefined {
    return this.find('process')
  }

  get thread(): string | undefined {
    return this.find('thread')
  }

  get fields(): Record<string, string> | undefined {
    if (this.values === undefined && this.deferred === undefined && !this.hasOthers())
      return undefined
    const out: Record<string, string> = {}
    let any = false
    const add = (role: string, value: string): void => {
      if (hasOwnPlace(role)) return
      out[role] = value
      any = true
    }
    for (const [role, value] of this.deferred?.() ?? []) add(role, value)
    if (this.values !== undefined)
      for (const role of Object.keys(this.values)) add(role, this.values[role]!)
    for (let i = 0; i < this.count; i += 1)
      add(this.roles[i]!, this.line.slice(this.starts[i], this.ends[i]))
    return any ? out : undefined
  }
}

/** A place for the header of one line after another. */
export const createHeaderFields = (): SpanFields => new SpanFields()
