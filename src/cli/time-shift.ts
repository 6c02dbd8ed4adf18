import { LogbertError } from '../core/errors.ts'
import { learnHeader } from '../core/parse/header.ts'
import { createHeaderFields } from '../core/parse/header-fields.ts'
import type { HeaderOptions } from '../core/parse/header-plan.ts'
import { createHeaderReader } from '../core/parse/header-reader.ts'
import { zoneOffset } from '../core/parse/time-zone.ts'
import type { LogLine } from '../core/types.ts'
import { timeFinder } from './time-place.ts'
import { createTimeWriter } from './time-writer.ts'

export interface ShiftStats {
  moved: number
  /** Lines that hold no time: continuations, stack traces. */
  undated: number
  /** Lines whose time was read and could not be written; they stay as they are. */
  stuck: number
}

/** Moves the times that lines carry, all by the same, so that the first one is now. */
export interface TimeShift {
  /** Lines of one source, in order; the first ones that come show how all of them begin. */
  move(lines: readonly LogLine[]): LogLine[]
  /** Milliseconds that times are moved by; undefined before the first line with a time. */
  readonly by: number | undefined
  readonly stats: Readonly<ShiftStats>
}

/** Lines from which the header of a source is known well. */
export const LINES_TO_LEARN = 200

/**
 * Times are found as the parser finds them and written in the form in which they stood there. A line
 * is changed only when the parser then reads exactly the moved time from it.
 * @throws LogbertError BAD_CONFIG for an unknown zone or header; `move` BAD_INPUT when a source's
 * lines hold no time
 */
export const createTimeShift = (now: number, options: HeaderOptions = {}): TimeShift => {
  const stats: ShiftStats = { moved: 0, undated: 0, stuck: 0 }
  const zone = zoneOffset(options.timeZone ?? 'UTC')
  const sources = new Map<string, SourceShift>()
  let by: number | undefined
  const learn = (source: string, lines: readonly LogLine[]): SourceShift => {
    const plan = learnHeader(
      lines.map(line => line.text),
      options,
    )
    const reader = createHeaderReader(plan)
    const fields = createHeaderFields()
    const writers = plan.layouts.flatMap(layout => {
      const finder = timeFinder(layout, zone)
      const writer = finder && createTimeWriter(finder.pattern, zone)
      return finder === undefined || writer === undefined ? [] : [{ finder, writer }]
    })
    if (writers.length === 0) {
      throw new LogbertError(
        'BAD_INPUT',
        `moving the times of ${source} failed: its first ${lines.length} lines hold none that can ` +
          'be written in place; leave --shift out, or describe the header with --header',
      )
    }
    const timeOf = (text: string, arrived: number): number | undefined => {
      reader.read(text, arrived, fields)
      return fields.dated ? fields.at : undefined
    }
    return (text, arrived) => {
      const at = timeOf(text, arrived)
      if (at === undefined) return 'undated'
      by ??= Math.floor((now - at) / 1000) * 1000
      for (const { finder, writer } of writers) {
        const place = finder.find(text, arrived)
        if (place === undefined) continue
        const time = writer.move(text.slice(place.from, place.to), at, by)
        if (time === undefined) continue
        const moved = text.slice(0, place.from) + time + text.slice(place.to)
        // Times without a year are read as the latest before their arrival.
        if (timeOf(moved, Math.max(arrived, at + by)) === at + by) return { moved }
      }
      return 'stuck'
    }
  }
  const shiftOf = (source: string, lines: readonly LogLine[]): SourceShift => {
    const known = sources.get(source) ?? learn(source, lines)
    sources.set(source, known)
    return known
  }
  return {
    stats,
    get by() {
      return by
    },
    move(lines) {
      if (lines.length === 0) return []
      const shift = shiftOf(lines[0]!.source, lines)
      return lines.map(line => {
        const done = shift(line.text, line.arrived)
        if (typeof done === 'string') {
          stats[done]++
          return line
        }
        stats.moved++
        return { ...line, text: done.moved }
      })
    },
  }
}

type SourceShift = (text: string, arrived: number) => { moved: string } | 'undated' | 'stuck'
