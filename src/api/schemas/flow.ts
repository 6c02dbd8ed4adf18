import * as v from 'valibot'
import type { Flow, ServiceSteps } from '../../core/rca/flow.ts'
import { modelRef, named, shapeOf } from './common.ts'

const ms = (about: string) => v.pipe(v.number(), v.description(`${about}, ms`))

const flow = shapeOf<Flow>()(
  v.object({
    lines: v.pipe(v.number(), v.description('Lines that it was learned from')),
    services: v.pipe(
      v.array(
        v.object({
          name: v.string(),
          lines: v.number(),
          steps: v.pipe(v.number(), v.description('Kinds of lines')),
          instances: v.number(),
        }),
      ),
      v.description('Those with most lines, most first'),
    ),
    more: v.pipe(v.number(), v.description('Services that are left out by the limit')),
    edges: v.pipe(
      v.array(
        v.object({
          from: v.string(),
          to: v.string(),
          kind: v.pipe(
            v.picklist(['call', 'handover']),
            v.description('A call is answered; what is handed over is not waited for'),
          ),
          count: v.number(),
          ms: v.optional(ms('Usual time until the called one writes its first line')),
        }),
      ),
      v.description('Who calls whom, of the services that are given'),
    ),
    components: v.pipe(
      v.array(v.object({ name: v.string(), services: v.number() })),
      v.description('Names that lines speak of which write no lines themselves'),
    ),
  }),
)

const steps = shapeOf<ServiceSteps>()(
  v.object({
    service: v.string(),
    steps: v.array(
      v.object({
        id: v.number(),
        template: v.string(),
        lines: v.number(),
        level: v.optional(v.picklist(['warn', 'error'])),
      }),
    ),
    more: v.pipe(v.number(), v.description('Steps that are left out by the limit')),
    follows: v.array(
      v.object({
        from: v.number(),
        to: v.number(),
        share: v.pipe(v.number(), v.description('Of the times that the first step came')),
        count: v.number(),
        ms: ms('Usual time between the two'),
        expected: v.pipe(
          v.boolean(),
          v.description('Whether the analysis finds fault where it does not come'),
        ),
      }),
    ),
  }),
)

export const flowShape = named(
  'ModelFlow',
  v.object({ model: modelRef, ...flow.entries, steps: v.optional(steps) }),
)
