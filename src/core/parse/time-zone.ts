import { LogbertError } from '../errors.ts'

/** Milliseconds to subtract from a local time (ms as if UTC) to get UTC. */
export type ZoneOffset = (local: number) => number

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** Abbreviations that logs print and that mean one offset, in hours. */
const ABBREVIATIONS: Record<string, number> = {
  ...{ Z: 0, UTC: 0, GMT: 0, WET: 0, WEST: 1, BST: 1, CET: 1, CEST: 2, MEZ: 1, MESZ: 2 },
  ...{ EET: 2, EEST: 3, MSK: 3, EST: -5, EDT: -4, CST: -6, CDT: -5, MST: -7, MDT: -6 },
  ...{ PST: -8, PDT: -7, AKST: -9, AKDT: -8, HST: -10, JST: 9, KST: 9, HKT: 8, SGT: 8 },
  ...{ AEST: 10, AEDT: 11, ACST: 9.5, ACDT: 10.5, AWST: 8, NZST: 12, NZDT: 13, SAST: 2 },
}

/** Offset in ms of a zone abbreviation such as `CET`, or undefined where it is none we know. */
export const abbreviationOffset = (name: string): number | undefined => {
  const hours = ABBREVIATIONS[name]
  return hours === undefined ? undefined : hours * HOUR
}

const fixed = (zone: string): number | undefined => {
  const match = /^(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?$/.exec(zone)
  if (match === null) return abbreviationOffset(zone)
  const size = Number(match[2]) * HOUR + Number(match[3] ?? 0) * MINUTE
  return match[1] === '-' ? -size : size
}

const named = (zone: string): ZoneOffset => {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
  })
  const offsetAt = (utc: number): number => {
    const part: Record<string, number> = {}
    for (const { type, value } of format.formatToParts(utc)) part[type] = Number(value)
    const { year, month, day, hour, minute, second } = part
    return Date.UTC(year!, month! - 1, day, hour, minute, second) - Math.floor(utc / 1000) * 1000
  }
  // Offsets change on quarter hours at the earliest, and lines of one quarter come together.
  const quarter = 15 * MINUTE
  let last = Number.NaN
  let offset = 0
  return local => {
    const slot = Math.floor(local / quarter)
    if (slot !== last) {
      last = slot
      // Two rounds: the first guess may lie on the other side of a change of the clocks.
      offset = offsetAt(slot * quarter - offsetAt(slot * quarter))
    }
    return offset
  }
}

/**
 * Offset rule of a zone: `UTC`, an offset (`+02:00`), an abbreviation, or an IANA name.
 * Throws BAD_CONFIG for anything else.
 */
export const zoneOffset = (zone: string): ZoneOffset => {
  const constant = fixed(zone)
  if (constant !== undefined) return () => constant
  try {
    return named(zone)
  } catch (cause) {
    throw new LogbertError(
      'BAD_CONFIG',
      `cannot use time zone '${zone}': give UTC, an offset like +02:00 or a name like Europe/Berlin`,
      { cause },
    )
  }
}
