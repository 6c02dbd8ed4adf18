import * as v from 'valibot'
import type { ModelVersion } from '../../core/store/registry.ts'
import type { PipelineStats } from '../deps.ts'
import { modelRef, named, shapeOf } from './common.ts'

const digest = v.object({ bytes: v.number(), sha256: v.string() })
const anything = v.record(v.string(), v.unknown())

export const modelVersionShape = named(
  'ModelVersion',
  shapeOf<ModelVersion>()(
    v.object({
      manifest: v.object({
        format: v.number(),
        name: v.string(),
        version: v.string(),
        created: v.pipe(v.string(), v.description('ISO 8601, UTC')),
        parent: v.optional(v.string()),
        training: anything,
        config: anything,
        files: v.record(v.string(), digest),
        evaluation: v.optional(anything),
      }),
      channels: v.array(v.picklist(['latest', 'previous', 'candidate'])),
    }),
  ),
)

const count = v.number()

export const pipelineStats = named(
  'PipelineStats',
  shapeOf<PipelineStats>()(
    v.object({
      lines: count,
      sessions: count,
      anomalies: count,
      linesPerSecond: count,
      openSessions: count,
      heldEvents: count,
      sources: count,
      templates: count,
      unseenTemplates: count,
      lag: v.pipe(count, v.description('Lines in the bus that are not read yet')),
      lateLines: count,
      cutLines: count,
      evicted: count,
      cacheHits: count,
      cacheMisses: count,
      checkpoints: count,
      suppressed: count,
    }),
  ),
)

export const modelStatus = named(
  'ModelStatus',
  v.object({
    served: v.nullable(modelRef),
    channels: v.object({
      latest: v.nullable(v.string()),
      previous: v.nullable(v.string()),
      candidate: v.nullable(v.string()),
    }),
    manifest: v.nullable(v.unknown()),
    pipeline: pipelineStats,
  }),
)
