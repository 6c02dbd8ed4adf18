import { LogbertError } from '../errors.ts'
import { createHeaderFields } from './header-fields.ts'
import type { HeaderItem, HeaderLayout, PlainLayout } from './header-plan.ts'
import { bestPattern } from './header-time.ts'
import { createPlainReader } from './plain-reader.ts'
import { guessTimes } from './time-guess.ts'
import type { ZoneOffset } from './time-zone.ts'

const bad = (format: string, why: string): never => {
  throw new LogbertError(
    'BAD_CONFIG',
    `cannot use the header format '${format}': ${why}; write 'auto', 'none' or a pattern like '<time> <level> [<thread>] <component>: <message>'`,
  )
}

const layoutOf = (items: HeaderItem[]): PlainLayout => ({
  ...{ kind: 'plain', items, must: items.length, share: 1 },
})

/** The pattern of the times that stand behind `items` in most lines, or undefined. */
const timeBehind = (
  items: HeaderItem[],
  lines: readonly string[],
  zone: ZoneOffset,
): string | undefined => {
  const read = createPlainReader(layoutOf(items), zone)
  const out = createHeaderFields()
  const starts = lines.map(line => read(line, 0, 0, out))
  const patterns = new Set(
    lines.slice(0, 48).flatMap((line, i) => (starts[i]! < 0 ? [] : guessTimes(line, starts[i]!))),
  )
  return bestPattern(lines, starts, patterns, zone)?.pattern
}

/** A named part: up to the mark that follows it, or one word where a blank follows. */
const partItem = (name: string, next: string): HeaderItem => {
  if (name === 'level') return { kind: 'level' }
  const stop = next.trimStart() === next ? next.trimEnd() : ''
  return stop === '' ? { kind: 'word', role: name } : { kind: 'until', stop, role: name }
}

/**
 * The layout that a user pinned: literal text and named parts, `<time>`, `<level>`, `<message>` at
 * the end, any other name a field (`<component>`, `<process>` and `<thread>` are the event's own).
 * The time's own pattern is read from the lines, or given: `<time:yyyy-MM-dd HH:mm:ss>`.
 * No layout where the lines hold no such time. Throws BAD_CONFIG for a format that cannot be read.
 */
export const pinnedLayouts = (
  format: string,
  lines: readonly string[],
  zone: ZoneOffset,
): HeaderLayout[] => {
  if (format === 'none') return []
  const parts = format.split(/<([A-Za-z_][\w ]*(?::[^<>]+)?)>/)
  if (parts.at(-2) !== 'message' || parts.at(-1) !== '')
    return bad(format, 'it does not end in <message>')
  const items: HeaderItem[] = []
  for (let i = 0; i < parts.length - 2; i++) {
    const part = parts[i]!
    const [name, given] = [part.split(':', 1)[0]!, part.slice(part.indexOf(':') + 1)]
    if (i % 2 === 0) {
      if (part !== '') items.push({ kind: 'text', text: part })
    } else if (name !== 'time') items.push(partItem(name, parts[i + 1]!))
    else {
      const pattern = part.includes(':') ? given : timeBehind(items, lines, zone)
      if (pattern === undefined) return []
      items.push({ kind: 'time', pattern, primary: true })
    }
  }
  if (items.length === 0) return bad(format, 'it names no part before <message>')
  return [layoutOf(items)]
}
