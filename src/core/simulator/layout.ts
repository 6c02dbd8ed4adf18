import type { Level } from '../types.ts'
import type { Random } from './random.ts'
import type { Entry } from './request.ts'
import type { Layout, SlotKind, Topology } from './topology.ts'

/** Slots that the simulator's own lines use, in every topology. */
const COMMON: Record<string, SlotKind> = {
  attempt: { kind: 'number', median: 2, spread: 0.2 },
  slow: { kind: 'number', median: 900, spread: 0.4 },
  small: { kind: 'number', median: 3, spread: 0.4 },
  client: { kind: 'address' },
}

/** The message with its slots filled. */
export const fillMessage = (entry: Entry, topology: Topology, random: Random): string =>
  entry.message.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const kind = topology.slots[name] ?? COMMON[name]
    return kind === undefined ? whole : fillSlot(name, kind, entry, random)
  })

const fillSlot = (name: string, kind: SlotKind, entry: Entry, random: Random): string => {
  switch (kind.kind) {
    case 'entity': {
      let value = entry.entities.get(name)
      if (value === undefined) {
        value = `${kind.prefix}${random.text(kind.digits, '123456789')}`
        entry.entities.set(name, value)
      }
      return value
    }
    case 'number':
      return String(Math.max(1, Math.round(random.around(kind.median, kind.spread) * entry.scale)))
    case 'word':
    case 'path':
      return random.pick(kind.of)
    case 'address':
      return `10.${random.int(0, 3)}.${random.int(0, 255)}.${random.int(1, 254)}`
    case 'hex':
      return random.text(kind.length, '0123456789abcdef')
  }
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const NAMES: Record<Level, string> = {
  trace: 'TRACE',
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARN',
  error: 'ERROR',
  fatal: 'FATAL',
}

/** Writes a line as the service's logging library would. `message` has its slots filled. */
export const renderLine = (layout: Layout, entry: Entry, message: string): string => {
  const stamp = new Date(Math.floor(entry.at)).toISOString()
  const { service, pod, key, level, thread } = entry
  switch (layout) {
    case 'json':
      return JSON.stringify({
        ts: stamp,
        level,
        service: service.name,
        ...(key !== undefined && { trace_id: key }),
        msg: message,
      })
    case 'logfmt':
      return (
        `ts=${stamp} level=${level} svc=${service.name} ` +
        `msg="${message}"${key === undefined ? '' : ` trace=${key}`}`
      )
    case 'log4j': {
      const time = stamp.slice(0, 23).replace('T', ' ').replace('.', ',')
      const name = `com.example.${service.name}.${upper(service.name)}Service`
      return `${time} ${NAMES[level].padEnd(5)} [exec-${thread}] [${key ?? '-'}] ${name} - ${message}`
    }
    case 'syslog': {
      const date = new Date(Math.floor(entry.at))
      const day = String(date.getUTCDate()).padStart(2, ' ')
      const time = stamp.slice(11, 19)
      const tail = key === undefined ? '' : ` (request ${key})`
      const head = `${MONTHS[date.getUTCMonth()]} ${day} ${time}`
      return `${head} ${service.name}-${pod} ${service.name}[${1000 + pod}]: ${message}${tail}`
    }
  }
}

const upper = (name: string): string => name[0]!.toUpperCase() + name.slice(1)
