import * as v from 'valibot'
import { LOGBERT_RANGES, type LogbertConfig } from '../logbert/config.ts'
import { pinnedLayouts } from '../parse/header-pattern.ts'
import { zoneOffset } from '../parse/time-zone.ts'
import { findUserPatterns } from '../parse/user-mask.ts'
import { checkedPattern } from '../sequence/key-pattern.ts'
import { usable } from '../usable.ts'

const text = v.pipe(v.string(), v.minLength(1))
const whole = (least: number, most: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most))

/** LogBERT's size and training settings; its passes are `epochs`. */
type NetworkSettings = Omit<LogbertConfig, 'epochs'>

const setting = (name: keyof NetworkSettings) => {
  const [low, high, isWhole] = LOGBERT_RANGES[name]
  return v.optional(
    isWhole ? whole(low, high) : v.pipe(v.number(), v.minValue(low), v.maxValue(high)),
  )
}

const settings = Object.fromEntries(
  Object.keys(LOGBERT_RANGES)
    .filter(name => name !== 'epochs')
    .map(name => [name, setting(name as keyof NetworkSettings)]),
) as Record<keyof NetworkSettings, ReturnType<typeof setting>>

const network = v.strictObject(settings)

const window = v.union([
  v.literal('auto'),
  whole(1, 10_000),
  v.strictObject({
    by: v.picklist(['count', 'time']),
    size: whole(1, Number.MAX_SAFE_INTEGER),
    step: v.optional(whole(1, Number.MAX_SAFE_INTEGER)),
  }),
])

/** What a training may be asked for, one fault a wrong field; see `trainOptionsSchema`. */
export const TRAIN_ENTRIES = {
  name: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'Expected a plain name'),
      v.description('model of which this makes a new version'),
    ),
  ),
  format: v.optional(
    v.pipe(v.picklist(['auto', 'lines', 'events']), v.description('log text, or sequences')),
  ),
  session: v.optional(
    v.pipe(
      usable(value => {
        if (value !== 'auto' && value !== 'none') checkedPattern(value)
      }),
      v.description('auto, none, or a regular expression whose first group is the session key'),
    ),
  ),
  window: v.optional(
    v.pipe(window, v.description('how lines without a key are cut: events, or size in ms by time')),
  ),
  idleSeconds: v.optional(
    v.pipe(
      v.number(),
      v.minValue(0.1),
      v.maxValue(604_800),
      v.description('silence that ends a session, in training and in serving'),
    ),
  ),
  budget: v.optional(
    v.pipe(
      v.number(),
      v.gtValue(0),
      v.maxValue(0.5),
      v.description('share of normal sessions that may be alarmed'),
    ),
  ),
  impurity: v.optional(
    v.pipe(
      v.number(),
      v.minValue(0),
      v.maxValue(0.49),
      v.description('share of the sessions that is known to be odd'),
    ),
  ),
  seed: v.optional(whole(0, 0xffff_ffff)),
  epochs: v.optional(
    v.pipe(whole(0, 10_000), v.description('most passes of LogBERT; 0 trains the other voices')),
  ),
  backend: v.optional(v.picklist(['auto', 'wasm', 'webgpu', 'native', 'reference'])),
  header: v.optional(
    v.pipe(
      usable(value => {
        if (value !== 'auto') pinnedLayouts(value, [], () => 0)
      }),
      v.description('auto, none, or a pattern: <time> <level> <component>: <message>'),
    ),
  ),
  timeZone: v.optional(
    v.pipe(usable(zoneOffset), v.description('zone of times that name none: UTC, +02:00, …')),
  ),
  masks: v.optional(
    v.array(
      v.strictObject({
        name: text,
        pattern: usable(pattern => findUserPatterns([{ name: 'this one', pattern }])),
      }),
    ),
  ),
  network: v.optional(v.pipe(network, v.description('size and training settings of LogBERT'))),
  holdout: v.optional(
    v.pipe(
      v.number(),
      v.minValue(0),
      v.maxValue(0.5),
      v.description('share of the newest lines that is kept out, to compare with `latest`'),
    ),
  ),
  promote: v.optional(
    v.pipe(
      v.picklist(['auto', 'manual']),
      v.description('auto: served unless it is worse than `latest` on what was kept out'),
    ),
  ),
  labels: v.optional(
    v.pipe(
      text,
      v.description('file of session keys and labels below the data folder, for evaluation only'),
    ),
  ),
}

/** Options of a training job as they come from outside; absent ones have the server's defaults. */
export const trainOptionsSchema = v.strictObject(TRAIN_ENTRIES)

export type GivenTrainOptions = v.InferOutput<typeof trainOptionsSchema>

const moment = v.pipe(
  v.union([whole(0, 8.64e15), v.pipe(v.string(), v.isoTimestamp())]),
  v.description('epoch ms, or ISO 8601 with its zone'),
)

/** A stretch of the bus by arrival, [from, to): from the oldest line and up to now when absent. */
export const busStretchSchema = v.strictObject({
  from: v.optional(moment),
  to: v.optional(moment),
})

/** The body of `POST /train`: where the lines are, which is one of `file` and `bus`, and options. */
export const trainBodySchema = v.pipe(
  v.strictObject({
    file: v.optional(
      v.pipe(text, v.description('path below the data folder, or s3://bucket/prefix*.log*')),
    ),
    bus: v.optional(busStretchSchema),
    ...TRAIN_ENTRIES,
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const { file, bus } = dataset.value
    if ((file === undefined) === (bus === undefined)) {
      addIssue({ message: 'Expected one of `file` and `bus`, and not both' })
    }
  }),
)

const INNER = 'network.'
const TEXTS = new Set([
  ...['name', 'format', 'session', 'backend', 'header'],
  ...['timeZone', 'promote', 'labels'],
])

/**
 * The options of a query string as `trainOptionsSchema` takes them: numbers and JSON are read, and
 * `network.hidden=32` is a part of `network`. What cannot be read stays text, for the schema to say.
 */
export const trainOptionsOfQuery = (query: Readonly<Record<string, string>>): unknown => {
  const parts = Object.entries(query).map(
    ([key, value]) => [key, TEXTS.has(key) ? value : jsonOf(value)] as const,
  )
  const inner = parts.filter(([key]) => key.startsWith(INNER))
  const network = Object.fromEntries(inner.map(([key, value]) => [key.slice(INNER.length), value]))
  return {
    ...Object.fromEntries(parts.filter(([key]) => !key.startsWith(INNER))),
    ...(inner.length > 0 && { network }),
  }
}

const jsonOf = (value: string): unknown => {
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}
