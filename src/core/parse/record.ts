import type { FieldPath } from './header-plan.ts'

/** A JSON value or what logfmt can say. */
export type Value =
  | string
  | number
  | boolean
  | null
  | undefined
  | Value[]
  | { [key: string]: Value }
export type LogRecord = { [key: string]: Value }

const LEAVES_MAX = 128
const DEPTH_MAX = 10

export interface Leaf {
  path: FieldPath
  value: string | number | boolean
}

const isObject = (value: Value): value is LogRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Attributes of OTLP JSON: `[{"key": k, "value": {"stringValue": v}}]`. */
const attribute = (value: Value): { key: string; value: Value } | undefined => {
  if (!isObject(value) || typeof value.key !== 'string' || !isObject(value.value)) return undefined
  const inner = Object.values(value.value)
  return inner.length === 1 ? { key: value.key, value: inner[0] } : undefined
}

/** The record's strings, numbers and truth values with their paths, in order; at most 128. */
export const leavesOf = (record: LogRecord): Leaf[] => {
  const out: Leaf[] = []
  const visit = (value: Value, path: FieldPath): void => {
    if (out.length >= LEAVES_MAX || path.length > DEPTH_MAX) return
    if (value === null || value === undefined) return
    if (typeof value !== 'object') {
      out.push({ path, value })
      return
    }
    if (!Array.isArray(value)) {
      for (const key of Object.keys(value)) visit(value[key], [...path, key])
      return
    }
    value.forEach((entry, i) => {
      const pair = attribute(entry)
      visit(pair === undefined ? entry : pair.value, [...path, pair?.key ?? String(i)])
    })
  }
  visit(record, [])
  return out
}

/** The value at a path, or undefined. */
export const valueAt = (record: LogRecord, path: FieldPath): Value => {
  let value: Value = record
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined
    if (Array.isArray(value)) {
      const named: Value[] = value
      value = named[Number(key)] ?? named.map(attribute).find(pair => pair?.key === key)?.value
    } else value = value[key]
  }
  return value
}

/** The JSON object that a line holds from `from` to its end, or undefined. */
export const parseJson = (line: string, from: number): LogRecord | undefined => {
  let at = from
  while (line.charCodeAt(at) === 32) at += 1
  if (line.charCodeAt(at) !== 123) return undefined
  try {
    const value: Value = JSON.parse(at === 0 ? line : line.slice(at))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

const isKey = (code: number): boolean =>
  (code >= 48 && code <= 57) ||
  ((code | 32) >= 97 && (code | 32) <= 122) ||
  code === 95 ||
  code === 46 ||
  code === 45 ||
  code === 64

const unquote = (text: string): string =>
  text.includes('\\') ? text.replace(/\\(["\\])/g, '$1').replace(/\\n/g, '\n') : text

/**
 * The `key=value` pairs of a line from `from` on; values may be quoted. Undefined when anything
 * else stands between them (bare words are taken as true, up to a third of the pairs).
 */
export const parseLogfmt = (line: string, from: number): LogRecord | undefined => {
  const out: LogRecord = {}
  let [pairs, bare, at] = [0, 0, from]
  while (at < line.length) {
    while (line.charCodeAt(at) === 32 || line.charCodeAt(at) === 9) at += 1
    if (at >= line.length) break
    const start = at
    while (isKey(line.charCodeAt(at))) at += 1
    if (at === start) return undefined
    const key = line.slice(start, at)
    if (line.charCodeAt(at) !== 61) {
      const next = line.charCodeAt(at)
      bare += 1
      if (next > 32 || (bare > 3 && bare > pairs / 3)) return undefined
      continue
    }
    at += 1
    pairs += 1
    if (line.charCodeAt(at) === 34) {
      let end = at + 1
      while (end < line.length && line.charCodeAt(end) !== 34)
        end += line.charCodeAt(end) === 92 ? 2 : 1
      out[key] = unquote(line.slice(at + 1, end))
      at = end + 1
    } else {
      const begin = at
      while (line.charCodeAt(at) > 32) at += 1
      out[key] = line.slice(begin, at)
    }
  }
  return pairs >= 2 && bare <= pairs / 3 ? out : undefined
}
