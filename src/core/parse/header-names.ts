import type { HeaderItem } from './header-plan.ts'
import { timeRank } from './header-time.ts'

/** The time that tells most becomes the line's own. */
export const choosePrimary = (items: HeaderItem[]): void => {
  const times = items.filter(item => item.kind === 'time')
  const best = times.toSorted((a, b) => timeRank(b.pattern) - timeRank(a.pattern))[0]
  if (best !== undefined) best.primary = true
}

/** Gives every column a name of its own: thread after process, `host` before the tag, … */
export const nameColumns = (items: HeaderItem[]): void => {
  const used = new Set<string>()
  const tag = items.findIndex(item => item.kind === 'tag')
  if (tag >= 0) for (const role of ['component']) used.add(role)
  items.forEach((item, i) => {
    if (!('role' in item)) return
    let role = item.role
    if (role === 'word' || role === 'lead') role = i === tag - 1 ? 'host' : 'column'
    if (role === 'process' && used.has(role)) role = 'thread'
    if (role === 'thread' && used.has(role)) role = 'context'
    if (role === 'component' && used.has(role)) role = tag >= 0 ? 'column' : 'name'
    const base = role
    for (let n = 2; used.has(role); n += 1) role = `${base}${n}`
    used.add(role)
    item.role = role
  })
}
