import * as v from 'valibot'
import { parse as parseYaml } from 'yaml'
import { LogbertError } from '../core/errors.ts'
import { type Override, readEnv, readValue, withValue } from './env.ts'
import { bare, entriesOf, factsOf, schemaAt } from './keys.ts'
import { rangeOf } from './range.ts'
import { type Config, schema } from './schema.ts'
import { type ConfigFault, isRecord, unknownKeys } from './unknown.ts'

export interface ConfigSource {
  /** YAML text; empty for the defaults. */
  yaml?: string
  /** Name of the file, for messages. */
  file?: string
  /** `LOGBERT__SERVER__PORT=9000` sets `server.port`; wins over the file. Other names are ignored. */
  env?: Record<string, string | undefined>
  /** Values of a command line by their key, `server.port`; they win over all else. */
  options?: Record<string, string | undefined>
}

/**
 * Reads the configuration: defaults, then the YAML file, then the environment, then options.
 * @throws LogbertError BAD_CONFIG naming every fault with its path at once.
 */
export const parseConfig = (source: ConfigSource = {}): Config => {
  const { yaml = '', file = 'the configuration', env = {}, options = {} } = source
  const fromEnv = readEnv(env)
  const overrides = [...fromEnv.overrides, ...readOptions(options)]
  const given = overrides.reduce<unknown>(
    (all, { path, value }) => withValue(all, path, value),
    emptied(schema, readYaml(yaml, file)),
  )
  const origins = new Map(overrides.map(({ path, origin }) => [path.join('.'), origin]))
  const result = v.safeParse(schema, given)
  const faults = [...unknownKeys(schema, given), ...fromEnv.faults, ...badValues(result.issues)]
  if (result.success && faults.length === 0) return result.output
  const lines = faults.map(({ path, why }) => {
    const origin = originOf(path, origins)
    return `  ${path}${origin === undefined ? '' : ` (${origin})`}: ${why}`
  })
  throw new LogbertError(
    'BAD_CONFIG',
    `reading ${file} failed, ${faults.length === 1 ? 'one fault' : `${faults.length} faults`}:\n` +
      `${lines.join('\n')}\nconfig/config.yaml lists every key with its range and default`,
  )
}

const readOptions = (options: Record<string, string | undefined>): Override[] =>
  Object.entries(options).flatMap(([path, value]) => {
    if (value === undefined) return []
    const names = path.split('.')
    const given = schemaAt(schema, names)
    if (given === undefined) throw new TypeError(`there is no key ${path}`)
    return { path: names, value: readValue(given, value), origin: 'command line' }
  })

const readYaml = (yaml: string, file: string): Record<string, unknown> => {
  let value: unknown
  try {
    value = parseYaml(yaml) ?? {}
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : `${cause}`
    throw new LogbertError('BAD_CONFIG', `reading ${file} failed: it is no YAML: ${why}`, { cause })
  }
  if (isRecord(value)) return value
  throw new LogbertError('BAD_CONFIG', `reading ${file} failed: it must hold keys and values`)
}

/** A section whose keys are all commented out is null in YAML: it means the defaults. */
const emptied = (given: v.GenericSchema, value: unknown): unknown => {
  const entries = entriesOf(given)
  if (entries === undefined) return value
  if (value === null) return {}
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => {
      const entry = Object.hasOwn(entries, name) ? entries[name] : undefined
      return [name, entry === undefined ? each : emptied(entry as v.GenericSchema, each)]
    }),
  )
}

/** One fault for each path; unknown keys are named apart. */
const badValues = (issues: readonly v.BaseIssue<unknown>[] | undefined): ConfigFault[] => {
  const faults = new Map<string, ConfigFault>()
  for (const issue of issues ?? []) {
    if (issue.expected === 'never') continue
    const path = v.getDotPath(issue) ?? '(root)'
    if (!faults.has(path)) faults.set(path, { path, why: whyBad(path, issue) })
  }
  return [...faults.values()]
}

const whyBad = (path: string, issue: v.BaseIssue<unknown>): string => {
  // Checks of ours say it in words.
  if (issue.type === 'raw_check' || issue.type === 'check') return issue.message
  const given = schemaAt(schema, path.split('.'))
  if (given === undefined) return issue.message
  const asked =
    entriesOf(given) === undefined
      ? rangeOf(bare(given)).replace(/^(?=whole|number|list|regular)/, 'a ')
      : 'keys and values'
  if (issue.input === undefined) return `is missing; give ${asked}`
  return `is ${factsOf(given).secret === true ? '(hidden)' : clipped(issue.input)}; give ${asked}`
}

const LONGEST = 80

const clipped = (value: unknown): string => {
  const text = JSON.stringify(value) ?? `${value}`
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}

/** A fault within a list comes from where the list does. */
const originOf = (path: string, origins: ReadonlyMap<string, string>): string | undefined => {
  const names = path.split('.')
  while (names.length > 0) {
    const origin = origins.get(names.join('.'))
    if (origin !== undefined) return origin
    names.pop()
  }
  return undefined
}
