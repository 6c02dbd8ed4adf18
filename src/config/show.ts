import * as v from 'valibot'
import { stringify } from 'yaml'
import { entriesOf, factsOf } from './keys.ts'
import { type Config, schema } from './schema.ts'
import { isRecord } from './unknown.ts'

const HIDDEN = '(hidden)'
const SECRET_NAME = /key|token|secret|passw|sig|auth|cred/i

/** The effective configuration as YAML that can be read again; secrets are hidden. */
export const showConfig = (config: Config): string =>
  stringify(hideSecrets(config), { lineWidth: 100 })

/** A copy that may be shown. */
export const hideSecrets = (config: Config): unknown => redacted(schema, config)

/** A copy in which values of secret keys, and what addresses say in confidence, are hidden. */
export const redacted = (given: v.GenericSchema, value: unknown): unknown => {
  const entries = entriesOf(given)
  if (entries === undefined || !isRecord(value)) {
    if (factsOf(given).secret === true && value !== undefined) return HIDDEN
    return typeof value === 'string' ? withoutSecrets(value) : value
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name,
      redacted((entries[name] ?? v.unknown()) as v.GenericSchema, each),
    ]),
  )
}

/** Names, passwords and keys in a web address are hidden; any other text stays as it is. */
const withoutSecrets = (text: string): string => {
  if (!/^[a-z][a-z+.-]*:\/\//i.test(text)) return text
  const url = URL.parse(text)
  if (url === null) return text
  const names = [...url.searchParams.keys()].filter(name => SECRET_NAME.test(name))
  if (url.username === '' && url.password === '' && names.length === 0) return text
  if (url.username !== '') url.username = 'hidden'
  if (url.password !== '') url.password = 'hidden'
  for (const name of names) url.searchParams.set(name, 'hidden')
  return url.href
}
