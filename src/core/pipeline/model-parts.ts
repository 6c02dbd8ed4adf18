import * as v from 'valibot'
import { type DetectorSnapshot, parseDetector, serializeDetector } from '../detect/calibration.ts'
import type { Detector } from '../detect/detector.ts'
import { LogbertError } from '../errors.ts'
import { type LogbertConfig, logbertConfig } from '../logbert/config.ts'
import type { Session } from '../types.ts'
import type { ParseOptions } from './engine.ts'
import type { SessionRecipe } from './recipe.ts'

const KIND = 'model/1'

/** All but the templates and the network: `calibration.json` of a bundle. */
export interface ModelParts {
  /** What it was trained on, and so what it takes. */
  input: 'lines' | 'events'
  /** How lines are read, where the user said so. */
  parse?: ParseOptions
  /** How lines become sessions; absent for files of sequences. */
  recipe?: SessionRecipe
  /** One detector a population; a kind that training did not have has none. */
  detectors: Partial<Record<Session['kind'], Detector>>
  /** The population that the network was trained on, and with what. */
  network?: { group: Session['kind']; config: LogbertConfig }
}

const text = v.string()
const place = v.variant('by', [
  v.strictObject({ by: v.literal('pattern'), pattern: text }),
  v.strictObject({ by: v.literal('field'), field: text }),
  v.strictObject({ by: v.literal('shape'), shape: text }),
  v.strictObject({ by: v.literal('label'), labels: v.array(text) }),
  v.strictObject({ by: v.literal('source') }),
])
const rule = v.strictObject({
  place,
  scope: v.picklist(['source', 'global']),
  except: v.optional(v.array(text)),
  idleMs: v.optional(v.number()),
  reused: v.optional(v.boolean()),
})
const group = v.picklist(['key', 'window'])
const schema = v.strictObject({
  kind: v.literal(KIND),
  input: v.picklist(['lines', 'events']),
  parse: v.optional(
    v.strictObject({
      header: v.optional(text),
      timeZone: v.optional(text),
      masks: v.optional(v.array(v.strictObject({ name: text, pattern: text }))),
    }),
  ),
  recipe: v.optional(
    v.strictObject({
      key: v.optional(rule),
      stream: v.optional(rule),
      window: v.strictObject({
        by: v.picklist(['count', 'time']),
        size: v.number(),
        step: v.optional(v.number()),
        full: v.optional(v.boolean()),
      }),
      idleMs: v.optional(v.number()),
      resolutionMs: v.number(),
    }),
  ),
  detectors: v.strictObject({ key: v.optional(v.unknown()), window: v.optional(v.unknown()) }),
  network: v.optional(v.strictObject({ group, config: v.record(text, v.number()) })),
})

export const writeModelParts = (parts: ModelParts): unknown => {
  const detectors: Partial<Record<Session['kind'], DetectorSnapshot>> = {}
  for (const [kind, detector] of Object.entries(parts.detectors)) {
    detectors[kind as Session['kind']] = serializeDetector(detector)
  }
  return { kind: KIND, ...parts, detectors }
}

/** @throws LogbertError BAD_BUNDLE naming what is wrong. */
export const readModelParts = (value: unknown): ModelParts => {
  const result = v.safeParse(schema, value)
  if (!result.success) {
    const faults = result.issues
      .slice(0, 5)
      .map(issue => `${v.getDotPath(issue) ?? '(root)'}: ${issue.message}`)
    throw new LogbertError(
      'BAD_BUNDLE',
      `reading the calibration failed: ${faults.join('; ')}; train again, or use the version that wrote it`,
    )
  }
  const { input, parse, recipe, detectors, network } = result.output
  const read = (kind: Session['kind']) =>
    detectors[kind] === undefined ? {} : { [kind]: parseDetector(detectors[kind]) }
  return {
    input,
    ...(parse !== undefined && { parse: parse as ParseOptions }),
    ...(recipe !== undefined && { recipe: recipe as SessionRecipe }),
    detectors: { ...read('key'), ...read('window') },
    ...(network !== undefined && {
      network: { group: network.group, config: logbertConfig(network.config) },
    }),
  }
}
