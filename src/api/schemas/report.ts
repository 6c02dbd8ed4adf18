import * as v from 'valibot'
import type { RootCause } from '../../core/rca/root-cause.ts'
import { ANOMALY_KINDS } from './anomaly.ts'
import { epochMs, named, shapeOf } from './common.ts'

const deviation = v.object({
  anomaly: v.string(),
  source: v.string(),
  session: v.string(),
  kind: v.picklist(ANOMALY_KINDS),
  line: v.number(),
  at: epochMs('Event time'),
  text: v.string(),
  template: v.string(),
  surprise: v.number(),
  expected: v.array(v.object({ template: v.string(), p: v.number() })),
})

const facts = {
  summary: v.string(),
  firstDeviation: v.optional(deviation),
  oddLines: v.array(deviation),
  missing: v.array(
    v.object({
      session: v.string(),
      template: v.string(),
      expected: v.number(),
      got: v.number(),
    }),
  ),
  suspects: v.array(
    v.object({
      source: v.string(),
      anomalies: v.number(),
      firstSeen: v.number(),
      share: v.number(),
    }),
  ),
  anomalies: v.array(v.string()),
}

const causeSuspect = v.object({
  name: v.string(),
  kind: v.picklist(['service', 'instance', 'component', 'template', 'parameter']),
  score: v.number(),
  parts: v.pipe(
    v.record(v.string(), v.number()),
    v.description('What each kind of evidence adds to the score'),
  ),
  why: v.string(),
  evidence: v.pipe(v.array(v.string()), v.description('Ids of lines, most telling first')),
  ties: v.optional(v.array(v.string())),
})

const cause = v.looseObject({
  found: v.boolean(),
  summary: v.string(),
  confidence: v.number(),
  start: v.optional(epochMs('When it began')),
  suspects: v.array(causeSuspect),
})

export const narrativeShape = v.object({ text: v.string(), sources: v.array(v.string()) })

export const reportShape = named(
  'RootCauseReport',
  v.object({
    id: v.string(),
    incident: v.optional(v.string()),
    anomaly: v.optional(v.string()),
    created: epochMs('When it was made'),
    report: v.object({
      ...shapeOf<RootCause>()(v.object(facts)).entries,
      size: v.optional(v.pipe(v.number(), v.description('Anomalies in the incident then'))),
      cause: v.optional(
        v.pipe(
          cause,
          v.description(
            'Who is to blame, by the lines around it compared with normal time; absent where no ' +
              'lines are left, or the model knows nothing of normal time',
          ),
        ),
      ),
      narrative: v.optional(
        v.pipe(
          narrativeShape,
          v.description('In the words of a language model, with the lines that it rests on'),
        ),
      ),
    }),
  }),
)
