import * as v from 'valibot'
import { LogbertError } from '../errors.ts'

/** Version of the bundle's layout; raised when an older program could misread a newer bundle. */
export const FORMAT = 1

/** The file that makes a version whole; written last. */
export const MANIFEST = 'manifest.json'

const PLAIN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/

const digest = v.strictObject({
  bytes: v.pipe(v.number(), v.integer(), v.minValue(0)),
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'Expected 64 hex digits')),
})

const schema = v.object({
  format: v.literal(FORMAT),
  name: v.string(),
  version: v.pipe(v.string(), v.regex(PLAIN, 'Expected a plain file name')),
  /** ISO 8601, UTC. */
  created: v.string(),
  parent: v.optional(v.string()),
  /** What it learned from: a fingerprint of the input and how much of it there was. */
  training: v.record(v.string(), v.unknown()),
  config: v.record(v.string(), v.unknown()),
  /** By name; a name that leaves the folder is refused. */
  files: v.record(v.pipe(v.string(), v.regex(PLAIN, 'Expected a plain file name')), digest),
  evaluation: v.optional(v.record(v.string(), v.unknown())),
})

export type Manifest = v.InferOutput<typeof schema>

/**
 * Reads the text of a manifest.
 * @throws LogbertError BAD_BUNDLE when it is no JSON, of another format version, or wrong in shape.
 */
export const readManifest = (text: string, where: string): Manifest => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new LogbertError(
      'BAD_BUNDLE',
      `reading ${where} failed: it is no JSON (cut off?); copy the bundle again or train again`,
      { cause },
    )
  }
  const format = (value as { format?: unknown } | null)?.format
  if (format !== FORMAT) {
    throw new LogbertError(
      'BAD_BUNDLE',
      `reading ${where} failed: bundle format ${JSON.stringify(format)}, this program reads ` +
        `${FORMAT}; train again, or use the program version that wrote it`,
    )
  }
  const result = v.safeParse(schema, value)
  if (result.success) return result.output
  const faults = result.issues.map(issue => `${v.getDotPath(issue)}: ${issue.message}`)
  throw new LogbertError(
    'BAD_BUNDLE',
    `reading ${where} failed: ${faults.join('; ')}; copy the bundle again or train again`,
  )
}

/** @throws LogbertError BAD_BUNDLE for a version that is no plain file name */
export const checkVersion = (version: string, where: string): string => {
  if (PLAIN.test(version)) return version
  throw new LogbertError(
    'BAD_BUNDLE',
    `reading ${where} failed: ${JSON.stringify(version.slice(0, 100))} is no version; ` +
      '`logbert models list` shows those that there are',
  )
}
