import * as v from 'valibot'
import type { KeptReport } from '../../core/rca/types.ts'
import { epochMs, named, shapeOf } from './common.ts'
import { reportFeedbackShape } from './report-feedback.ts'

const evidence = v.pipe(v.array(v.string()), v.description('Ids of lines, most telling first'))
const share = (about: string) => v.pipe(v.number(), v.description(`${about}, 0 to 1`))

const suspect = v.object({
  name: v.string(),
  kind: v.picklist(['service', 'instance', 'component', 'template', 'parameter']),
  score: v.number(),
  parts: v.pipe(
    v.record(v.string(), v.number()),
    v.description('What each kind of evidence adds to the score'),
  ),
  why: v.string(),
  evidence,
  ties: v.optional(
    v.pipe(v.array(v.string()), v.description('Suspects that nothing tells from this one')),
  ),
})

const timelineEntry = v.object({
  at: epochMs('Time'),
  service: v.string(),
  what: v.string(),
  evidence,
})

const impact = v.object({
  lines: v.number(),
  services: v.array(v.string()),
  traces: v.pipe(v.number(), v.description('Requests or sessions that were seen')),
  affected: v.pipe(v.number(), v.description('Those of them that are affected')),
})

const deviation = v.object({
  at: epochMs('Time'),
  service: v.string(),
  template: v.string(),
  line: v.pipe(v.string(), v.description('Id of the line')),
  text: v.string(),
  expected: v.array(v.object({ service: v.string(), template: v.string(), p: v.number() })),
})

const missing = v.object({
  service: v.string(),
  template: v.string(),
  expected: v.number(),
  got: v.number(),
  evidence,
})

const parameter = v.object({
  name: v.pipe(v.string(), v.description('Name of the field, or the place in a template')),
  value: v.string(),
  affected: v.pipe(v.number(), v.description('Affected requests that hold it')),
  healthy: v.pipe(v.number(), v.description('Healthy ones that do')),
  support: share('Share of the affected requests'),
  lift: v.pipe(v.number(), v.description('How many times the share of the healthy ones')),
  evidence,
})

const cut = v.object({
  lines: v.pipe(v.number(), v.description('Lines given')),
  left: v.pipe(v.number(), v.description('Lines left out by limits')),
  notes: v.array(v.string()),
})

const line = v.object({
  id: v.string(),
  at: epochMs('Time'),
  service: v.string(),
  instance: v.optional(v.string()),
  template: v.string(),
  text: v.string(),
  count: v.pipe(v.number(), v.description('Lines of its service and template')),
  surprise: v.optional(
    v.pipe(
      v.number(),
      v.description('−ln p of it by the model, nats; where an anomaly of the report explains it'),
    ),
  ),
  entropy: v.optional(
    v.pipe(
      v.number(),
      v.description(
        'Of the prediction there, nats. Surprise well above it: the line was not what was ' +
          'expected; high itself: the model did not know what to expect',
      ),
    ),
  ),
  expected: v.optional(
    v.pipe(
      v.array(v.object({ template: v.string(), p: v.number() })),
      v.description('What was expected instead of an odd line, likeliest first'),
    ),
  ),
})

const similar = v.object({
  incident: v.string(),
  title: v.string(),
  state: v.picklist(['open', 'acknowledged', 'resolved']),
  report: v.pipe(v.string(), v.description('Its latest report')),
  score: share('How alike; half of it where the report did not help'),
  at: epochMs('When it began'),
  suspect: v.optional(v.string()),
  cause: v.optional(v.pipe(v.string(), v.description('What it was, by those who judged'))),
  helpful: v.optional(v.boolean()),
  note: v.optional(v.pipe(v.string(), v.description('What people wrote when they resolved it'))),
  feedback: v.optional(v.pipe(v.string(), v.description('What they wrote of its report'))),
})

const sign = v.object({
  kind: v.string(),
  service: v.string(),
  template: v.optional(v.string()),
  weight: share('Share of all that was found'),
})

const narrative = v.object({
  text: v.string(),
  sentences: v.array(v.object({ text: v.string(), evidence })),
  suspects: v.array(v.string()),
  removed: v.pipe(v.number(), v.description('Sentences that nothing showed')),
  tokens: v.object({ prompt: v.number(), completion: v.number(), estimated: v.boolean() }),
  latencyMs: v.number(),
  model: v.string(),
  cut: v.array(v.string()),
  fromCache: v.boolean(),
})

const report = v.object({
  found: v.boolean(),
  summary: v.string(),
  confidence: share('How sure it is'),
  start: v.optional(epochMs('When it began')),
  suspects: v.array(suspect),
  timeline: v.array(timelineEntry),
  impact,
  firstDeviation: v.optional(deviation),
  missing: v.array(missing),
  parameters: v.optional(
    v.pipe(v.array(parameter), v.description('Values that affected requests share')),
  ),
  similar: v.pipe(v.array(similar), v.description('Past incidents that looked like this one')),
  cut,
  lines: v.pipe(v.array(line), v.description('Every line whose id is named above')),
  basis: v.pipe(
    v.picklist(['lines', 'anomalies']),
    v.description('What it is told from: the lines around the trouble, or the anomalies alone'),
  ),
  anomalies: v.pipe(v.array(v.string()), v.description('Ids')),
  size: v.optional(v.pipe(v.number(), v.description('Anomalies in the incident then'))),
  narrative: v.optional(v.pipe(narrative, v.description('In the words of a language model'))),
  signs: v.optional(
    v.pipe(v.array(sign), v.description('By what reports are likened to each other')),
  ),
})

export const reportShape = named(
  'RootCauseReport',
  v.object({
    id: v.string(),
    incident: v.optional(v.string()),
    anomaly: v.optional(v.string()),
    created: epochMs('When it was made'),
    report: shapeOf<KeptReport>()(report),
    feedback: v.optional(
      v.pipe(reportFeedbackShape, v.description('What people say of it; the last word counts')),
    ),
  }),
)
