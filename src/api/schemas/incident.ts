import * as v from 'valibot'
import type { Incident } from '../../core/incident/incident.ts'
import { counts, epochMs, named, shapeOf } from './common.ts'

export const INCIDENT_STATES = ['open', 'acknowledged', 'resolved'] as const

const mark = v.object({
  anomaly: v.string(),
  at: epochMs('Event time'),
  source: v.string(),
  text: v.string(),
  score: v.number(),
})

export const incidentShape = named(
  'Incident',
  shapeOf<Incident>()(
    v.object({
      id: v.string(),
      title: v.string(),
      state: v.picklist(INCIDENT_STATES),
      severity: v.picklist(['low', 'medium', 'high']),
      firstSeen: epochMs('First odd line'),
      lastSeen: epochMs('Last odd line'),
      first: mark,
      worst: mark,
      anomalies: v.number(),
      sources: v.array(
        v.object({
          source: v.string(),
          anomalies: v.number(),
          firstSeen: v.number(),
          lastSeen: v.optional(v.number()),
        }),
      ),
      moreSources: v.number(),
      kinds: counts,
      templates: v.array(
        v.object({
          template: v.string(),
          anomalies: v.number(),
          role: v.optional(
            v.pipe(
              v.picklist(['odd', 'missing', 'before', 'after']),
              v.description('odd when absent; before, after: sessions end right there'),
            ),
          ),
          weight: v.optional(v.number()),
          firstSeen: v.optional(v.number()),
          lastSeen: v.optional(v.number()),
        }),
      ),
      sessions: v.array(v.string()),
      reopened: v.number(),
      changed: v.optional(epochMs('Latest change of state')),
      note: v.optional(v.string()),
    }),
  ),
)
