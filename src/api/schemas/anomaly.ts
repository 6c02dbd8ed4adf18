import * as v from 'valibot'
import type { StoredAnomaly } from '../../db/database.ts'
import { epochMs, modelRef, named, shapeOf } from './common.ts'

export const ANOMALY_KINDS = [
  'new template',
  'sequence',
  'missing ending',
  'count',
  'rate',
  'silence',
  'value',
] as const

export const ANOMALY_STATES = ['open', 'normal', 'real', 'suppressed'] as const

const expected = v.object({
  templateId: v.optional(v.number()),
  template: v.string(),
  p: v.pipe(v.number(), v.description('How likely it was held')),
})

const entropy = v.optional(
  v.pipe(
    v.number(),
    v.description(
      'Of the prediction there, nats. Surprise well above it: not what was expected; high itself: ' +
        'the model did not know what to expect. Absent in anomalies of earlier versions',
    ),
  ),
)

const line = v.object({
  line: v.pipe(v.number(), v.description('Position in its source, from 1')),
  source: v.optional(v.string()),
  at: epochMs('Event time'),
  text: v.string(),
  template: v.string(),
  templateId: v.number(),
  surprise: v.pipe(v.number(), v.description('−ln p of this line given the others, nats')),
  entropy,
  expected: v.array(expected),
  odd: v.boolean(),
})

const voice = v.object({ name: v.string(), score: v.number(), pValue: v.number() })

/** What detection gives; what is stored has a state, too. */
const found = {
  id: v.pipe(v.string(), v.description('The same after a replay')),
  at: epochMs('Time of the first odd line'),
  firstSeen: epochMs('First line of the session'),
  lastSeen: epochMs('Last line of the session'),
  source: v.string(),
  session: v.string(),
  kind: v.picklist(ANOMALY_KINDS),
  score: v.number(),
  pValue: v.pipe(v.number(), v.description('Share of normal sessions that are as odd')),
  voices: v.array(voice),
  lines: v.array(line),
  missing: v.array(
    v.object({
      templateId: v.number(),
      template: v.string(),
      expected: v.number(),
      got: v.number(),
    }),
  ),
  ending: v.optional(v.object({ surprise: v.number(), entropy, expected: v.array(expected) })),
  model: modelRef,
  regime: v.optional(v.object({ alarms: v.number(), withheld: v.number() })),
  incident: v.optional(v.string()),
}

export const foundAnomaly = named('Anomaly', v.object(found))

export const storedAnomaly = named(
  'StoredAnomaly',
  shapeOf<StoredAnomaly>()(
    v.object({
      ...found,
      state: v.picklist(ANOMALY_STATES),
      suppressedBy: v.optional(
        v.pipe(v.string(), v.description('What hides it: a suppression, or feedback on one alike')),
      ),
      stored: epochMs('When it was stored'),
    }),
  ),
)

/** Anomalies as a request gives them back: what a root cause is told from. */
export const givenAnomaly = v.looseObject({
  id: v.string(),
  kind: v.picklist(ANOMALY_KINDS),
  source: v.string(),
  session: v.string(),
  firstSeen: v.number(),
  score: v.number(),
  pValue: v.number(),
  lines: v.array(
    v.looseObject({
      line: v.number(),
      at: v.number(),
      text: v.string(),
      template: v.string(),
      templateId: v.number(),
      surprise: v.number(),
      entropy: v.optional(v.number()),
      expected: v.array(v.looseObject({ template: v.string(), p: v.number() })),
      odd: v.boolean(),
    }),
  ),
  missing: v.optional(
    v.array(v.looseObject({ template: v.string(), expected: v.number(), got: v.number() })),
    [],
  ),
})
