import { createHeaderFields, type SpanFields } from './header-fields.ts'
import type { HeaderFields, HeaderLayout, HeaderPlan } from './header-plan.ts'
import { createPlainReader, type LayoutReader } from './plain-reader.ts'
import { createRecordReader } from './structured.ts'
import { type ZoneOffset, zoneOffset } from './time-zone.ts'

/**
 * Reads headers by a plan. `read` returns where the message starts in the line and fills `out`
 * (made by `createHeaderFields`, reused from line to line). Where `out.message` is set the message
 * is that text instead (JSON and the like). A line of no known layout (stack trace, continuation)
 * is all message: 0, `dated` false, `at` its arrival.
 */
export interface HeaderReader {
  read(line: string, arrived: number, out: HeaderFields): number
}

const withInner = (outer: LayoutReader, inner: LayoutReader): LayoutReader => {
  return (line, from, arrived, out) => {
    const at = outer(line, from, arrived, out)
    if (at < 0) return -1
    const { message, level, dated, at: time } = out
    const size = out.size
    const text = message ?? line
    if (message !== undefined) {
      out.settle(message)
      out.message = undefined
    }
    const next = inner(text, message === undefined ? at : 0, arrived, out)
    if (next < 0) {
      out.rewind(message === undefined ? size : 0)
      out.message = message
      return at
    }
    out.level ??= level
    // The wrapper's time is absolute and always there; the program's own may lack zone or year.
    if (dated) {
      out.at = time
      out.dated = true
    }
    if (message !== undefined) {
      out.message ??= next === 0 ? message : message.slice(next)
      return at
    }
    return next
  }
}

const layoutReader = (layout: HeaderLayout, zone: ZoneOffset): LayoutReader => {
  const outer =
    layout.kind === 'plain' ? createPlainReader(layout, zone) : createRecordReader(layout, zone)
  if (layout.inner === undefined) return outer
  return withInner(outer, anyOf(layout.inner, zone))
}

const anyOf = (layouts: HeaderLayout[], zone: ZoneOffset): LayoutReader => {
  const readers = layouts.map(layout => layoutReader(layout, zone))
  if (readers.length === 1) return readers[0]!
  return (line, from, arrived, out) => {
    const keep = out.size
    for (const reader of readers) {
      const at = reader(line, from, arrived, out)
      if (at >= 0) return at
      out.rewind(keep)
    }
    return -1
  }
}

/**
 * Reader of a plan (of `learnHeader`, or out of a snapshot). Throws BAD_CONFIG when the plan's time
 * zone is unknown.
 */
export const createHeaderReader = (plan: HeaderPlan): HeaderReader => {
  const read = anyOf(plan.layouts, zoneOffset(plan.timeZone))
  return {
    read(line, arrived, out) {
      const fields = out as SpanFields
      fields.reset(line, arrived)
      const at = read(line, 0, arrived, fields)
      if (at >= 0) return at
      fields.reset(line, arrived)
      return 0
    },
  }
}

export { createHeaderFields }
