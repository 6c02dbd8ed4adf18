import * as v from 'valibot'
import { parse as parseYaml } from 'yaml'
import { LogbertError } from './core/errors.ts'
import { LOGBERT_DEFAULTS } from './core/logbert/config.ts'

const whole = (least: number, most = Number.MAX_SAFE_INTEGER) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most))
const text = v.pipe(v.string(), v.minLength(1))
/** A section whose keys all have defaults may be left out as a whole. */
const section = <E extends v.ObjectEntries>(entries: E) =>
  v.optional(v.strictObject(entries), {} as never)

/** Every key with its default; `config/config.yaml` says what each is for. */
const schema = v.strictObject({
  server: section({
    host: v.optional(text, '127.0.0.1'),
    port: v.optional(whole(0, 65_535), 8080),
    maxBodyBytes: v.optional(whole(1024), 16 << 20),
    maxUploadBytes: v.optional(whole(1024), 1 << 30),
    maxBatchLines: v.optional(whole(1), 100_000),
    maxQueuedLines: v.optional(whole(1), 1_000_000),
    maxClients: v.optional(whole(1), 256),
    keptEvents: v.optional(whole(1, 1_000_000), 10_000),
    heartbeatSeconds: v.optional(v.pipe(v.number(), v.minValue(0.05), v.maxValue(300)), 15),
  }),
  paths: section({
    data: v.optional(text, 'data'),
    models: v.optional(text, 'models'),
  }),
  model: section({
    name: v.optional(text, 'default'),
  }),
  input: section({
    maxLine: v.optional(whole(64, 16 << 20), 65_536),
    header: v.optional(text, 'auto'),
    timeZone: v.optional(text, 'UTC'),
    masks: v.optional(v.array(v.strictObject({ name: text, pattern: text })), []),
  }),
  session: section({
    key: v.optional(text, 'auto'),
    window: v.optional(v.union([v.literal('auto'), whole(1, 10_000)]), 'auto'),
    idleSeconds: v.optional(v.pipe(v.number(), v.minValue(0.1)), 30),
  }),
  detect: section({
    budget: v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(0.5)), 0.001),
    drift: v.optional(v.boolean(), true),
  }),
  train: section({
    seed: v.optional(whole(0, 0xffff_ffff), 1),
    epochs: v.optional(whole(0, 10_000), LOGBERT_DEFAULTS.epochs),
    backend: v.optional(v.picklist(['auto', 'wasm', 'webgpu', 'native', 'reference']), 'auto'),
  }),
})

export type Config = v.InferOutput<typeof schema>

export interface ConfigSource {
  /** YAML text; empty for the defaults. */
  yaml?: string
  /** Name of the file, for messages. */
  file?: string
  /** `LOGBERT__SERVER__PORT=9000` sets `server.port`; values are YAML scalars. */
  env?: Record<string, string | undefined>
}

const PREFIX = 'LOGBERT__'

/**
 * Reads the configuration: defaults, then the YAML file, then the environment.
 * @throws LogbertError BAD_CONFIG naming every fault with its path at once.
 */
export const parseConfig = (source: ConfigSource = {}): Config => {
  const { yaml = '', file = 'the configuration', env = {} } = source
  const given = readYaml(yaml, file)
  const origins = new Map<string, string>()
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith(PREFIX) || value === undefined) continue
    const path = setByEnv(given, name.slice(PREFIX.length).split('__'), value)
    origins.set(path, name)
  }
  const result = v.safeParse(schema, given)
  if (result.success) return result.output
  const faults = result.issues.map(issue => {
    const path = v.getDotPath(issue) ?? '(root)'
    const origin = origins.get(path)
    return `  ${path}${origin ? ` (${origin})` : ''}: ${faultOf(issue)}`
  })
  throw new LogbertError(
    'BAD_CONFIG',
    `reading ${file} failed, ${faults.length === 1 ? 'one fault' : `${faults.length} faults`}:\n` +
      `${faults.join('\n')}\nconfig/config.yaml lists every key with its range and default`,
  )
}

const faultOf = (issue: v.BaseIssue<unknown>): string =>
  issue.expected === 'never' ? 'there is no such key' : issue.message

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

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Sets a value by upper-case names; returns the path it took. Unknown names stay as they are. */
const setByEnv = (root: Record<string, unknown>, names: string[], value: string): string => {
  const path: string[] = []
  let entries: v.ObjectEntries | undefined = schema.entries
  let at = root
  for (const [i, name] of names.entries()) {
    const key =
      Object.keys(entries ?? {}).find(known => known.toUpperCase() === name.toUpperCase()) ??
      name.toLowerCase()
    path.push(key)
    if (i === names.length - 1) at[key] = parseYaml(value)
    else {
      if (!isRecord(at[key])) at[key] = {}
      at = at[key] as Record<string, unknown>
    }
    const next = entries?.[key] as { wrapped?: { entries?: v.ObjectEntries } } | undefined
    entries = next?.wrapped?.entries
  }
  return path.join('.')
}
