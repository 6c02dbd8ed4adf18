import type * as v from 'valibot'
import { parse as parseYaml } from 'yaml'
import { bare, entriesOf, itemOf, keyRows } from './keys.ts'
import { nearest } from './nearest.ts'
import { schema } from './schema.ts'
import { type ConfigFault, isRecord } from './unknown.ts'

const PREFIX = 'LOGBERT__'

/** A value for one key, given outside the file. */
export interface Override {
  path: string[]
  value: unknown
  /** Where it comes from: the variable or option, for messages. */
  origin: string
}

/** `server.port` as it is set from the environment. */
export const variableOf = (path: string): string =>
  PREFIX + path.toUpperCase().replaceAll('.', '__')

/** Reads `LOGBERT__SECTION__KEY`, any case; empty values count as absent. */
export const readEnv = (
  env: Record<string, string | undefined>,
  root: v.GenericSchema = schema,
): { overrides: Override[]; faults: ConfigFault[] } => {
  const overrides: Override[] = []
  const faults: ConfigFault[] = []
  for (const [origin, value] of Object.entries(env)) {
    if (!origin.toUpperCase().startsWith(PREFIX) || value === undefined || value === '') continue
    const found = findKey(origin.slice(PREFIX.length).split('__'), root)
    if (found === undefined) faults.push({ path: origin, why: unknownVariable(origin, root) })
    else if (entriesOf(found.schema) !== undefined) {
      const example = Object.keys(entriesOf(found.schema)!)[0]!
      const variable = variableOf([...found.path, example].join('.'))
      faults.push({ path: origin, why: `is a section; set its keys, as in ${variable}` })
    } else overrides.push({ path: found.path, value: readValue(found.schema, value), origin })
  }
  return { overrides, faults }
}

const unknownVariable = (name: string, root: v.GenericSchema): string => {
  const known = keyRows(root).filter(row => row.kind === 'key')
  const meant = nearest(
    name,
    known.map(row => variableOf(row.path)),
  )
  return `there is no such key${meant === undefined ? '' : `; did you mean ${meant}?`}`
}

const findKey = (
  names: readonly string[],
  root: v.GenericSchema,
): { path: string[]; schema: v.GenericSchema } | undefined => {
  const path: string[] = []
  let at = root
  for (const name of names) {
    const entries = entriesOf(at) ?? {}
    const key = Object.keys(entries).find(each => each.toUpperCase() === name.toUpperCase())
    if (key === undefined) return undefined
    path.push(key)
    at = entries[key] as v.GenericSchema
  }
  return { path, schema: at }
}

/**
 * A value of the kind that the key wants: text as it stands (or in quotes), lists in YAML's flow
 * form or divided by commas, all else as YAML. What cannot be read stays text, for the schema to
 * refuse.
 */
export const readValue = (given: v.GenericSchema, value: string): unknown => {
  const { type } = bare(given)
  if (type === 'string' || type === 'picklist') return unquoted(value)
  const item = itemOf(given)
  if (item === undefined) return yamlOr(value)
  const list = yamlOr(value)
  if (Array.isArray(list)) return list
  if (entriesOf(item) !== undefined) return list
  return value.split(',').map(each => readValue(item, each.trim()))
}

const yamlOr = (value: string): unknown => {
  try {
    return parseYaml(value)
  } catch {
    return value
  }
}

const unquoted = (value: string): string => {
  const inner = /^(["']).*\1$/s.test(value) ? yamlOr(value) : value
  return typeof inner === 'string' ? inner : value
}

/** A copy of `root` with one value set. What stands in the way is left, for the schema to refuse. */
export const withValue = (root: unknown, [name, ...rest]: string[], value: unknown): unknown => {
  if (name === undefined) return value
  if (!isRecord(root) && root !== undefined && root !== null) return root
  const record = isRecord(root) ? root : {}
  return { ...record, [name]: withValue(record[name], rest, value) }
}
