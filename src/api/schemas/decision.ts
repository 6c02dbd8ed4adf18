import * as v from 'valibot'
import type { Feedback, Suppression, TemplateEdit } from '../../db/database.ts'
import type { TemplateRow } from '../deps.ts'
import { epochMs, named, shapeOf } from './common.ts'

export const feedbackShape = named(
  'Feedback',
  shapeOf<Feedback>()(
    v.object({
      id: v.string(),
      anomaly: v.string(),
      verdict: v.picklist(['normal', 'real']),
      session: v.pipe(v.array(v.string()), v.description('Templates of the session, in order')),
      kind: v.picklist(['key', 'window']),
      templates: v.pipe(
        v.array(v.string()),
        v.description('Templates that are normal wherever they stand'),
      ),
      reason: v.optional(v.string()),
      by: v.optional(v.string()),
      created: epochMs('When it was given'),
    }),
  ),
)

export const suppressionShape = named(
  'Suppression',
  shapeOf<Suppression>()(
    v.object({
      id: v.string(),
      template: v.optional(v.string()),
      source: v.optional(v.string()),
      text: v.optional(v.string()),
      reason: v.string(),
      by: v.optional(v.string()),
      created: epochMs('When it was made'),
      expires: v.optional(epochMs('From when it no longer holds')),
      hidden: v.pipe(v.number(), v.description('Anomalies hidden so far')),
    }),
  ),
)

export const templateEditShape = named(
  'TemplateEdit',
  shapeOf<TemplateEdit>()(
    v.object({
      id: v.string(),
      kind: v.picklist(['name', 'merge', 'split']),
      templates: v.array(v.string()),
      value: v.record(v.string(), v.unknown()),
      by: v.optional(v.string()),
      created: epochMs('When it was made'),
    }),
  ),
)

export const templateShape = named(
  'Template',
  shapeOf<TemplateRow>()(
    v.object({
      id: v.number(),
      text: v.string(),
      known: v.pipe(v.boolean(), v.description('Whether training saw it')),
      lines: v.pipe(v.number(), v.description('Lines seen live')),
      lastSeen: v.optional(epochMs('Latest line')),
      name: v.optional(v.string()),
      comment: v.optional(v.string()),
    }),
  ),
)
