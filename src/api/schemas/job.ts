import * as v from 'valibot'
import type { TrainJob } from '../train-service.ts'
import { epochMs, named, shapeOf } from './common.ts'

export const JOB_STATES = ['waiting', 'running', 'done', 'failed', 'cancelled'] as const

export const jobShape = named(
  'TrainJob',
  shapeOf<TrainJob>()(
    v.object({
      id: v.string(),
      state: v.picklist(JOB_STATES),
      request: v.record(v.string(), v.unknown()),
      created: epochMs('When it was asked for'),
      started: v.optional(epochMs('When it began')),
      ended: v.optional(epochMs('When it ended')),
      progress: v.optional(
        v.looseObject({
          phase: v.string(),
          share: v.optional(v.number()),
          note: v.optional(v.string()),
          epoch: v.optional(v.number()),
          epochs: v.optional(v.number()),
          loss: v.optional(v.number()),
          learningRate: v.optional(v.number()),
          gradientNorm: v.optional(v.number()),
          tokensPerSecond: v.optional(v.number()),
          etaSeconds: v.optional(v.number()),
        }),
      ),
      result: v.optional(
        v.looseObject({
          name: v.string(),
          version: v.string(),
          promoted: v.boolean(),
          why: v.string(),
          comparedWith: v.pipe(
            v.nullable(v.string()),
            v.description('What was `latest` then; null for nothing'),
          ),
          fit: v.pipe(v.boolean(), v.description('Nothing speaks against promoting it')),
          evaluation: v.optional(v.record(v.string(), v.unknown())),
        }),
      ),
      error: v.optional(v.object({ code: v.string(), message: v.string() })),
    }),
  ),
)
