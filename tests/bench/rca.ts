import {
  FAMILIES,
  type FaultKind,
  SYSTEM_FAULTS,
} from '../../src/core/simulator/systems/systems.ts'
import type { Bench } from './bench.ts'
import { benchCost } from './rca-cost.ts'
import { benchFit } from './rca-fit.ts'
import { benchSystems, type ReaderName } from './rca-systems.ts'
import { benchTicket } from './rca-ticket.ts'
import { benchTicketPipeline } from './rca-ticket-pipeline.ts'

const optionOf = (args: readonly string[], name: string): string | undefined =>
  args.find(arg => arg.startsWith(`${name}=`))?.slice(name.length + 1)

/**
 * `--quick` ends within a minute. Parts are named `ticket`, `systems`, `cost`; all when none is; and `fit`.
 * `ticket --pipeline` detects first, as the service does.
 */
const run = async (args: string[]): Promise<void> => {
  const quick = args.includes('--quick')
  const detail = args.includes('--detail')
  const seeds = optionOf(args, '--seeds')?.split(',').map(Number)
  const kinds = optionOf(args, '--kinds')?.split(',') as FaultKind[] | undefined
  const readings = (optionOf(args, '--readings')?.split(',') ??
    (quick ? ['mined'] : ['mined', 'records', 'true', 'half'])) as ReaderName[]
  const parts = args.filter(arg => !arg.startsWith('--'))
  const wants = (part: string): boolean => parts.length === 0 || parts.includes(part)
  const budgets = optionOf(args, '--budgets')?.split(',').map(Number)
  if (parts.includes('ticket') && args.includes('--pipeline')) {
    await benchTicketPipeline({ detail, ...(budgets && { budgets }) })
  } else if (wants('ticket')) await benchTicket({ detail, quick })
  if (wants('systems')) {
    const wanted = optionOf(args, '--family') ?? 'dev'
    const families = wanted === 'all' ? FAMILIES.map(({ name }) => name) : [wanted]
    for (const family of families) {
      benchSystems({
        family,
        seeds: seeds ?? (quick ? [3, 8] : [1, 2, 3, 4, 5, 6, 7, 8]),
        kinds: kinds ?? SYSTEM_FAULTS,
        faultFree: quick ? 2 : 4,
        ...{ detail, readings },
      })
    }
  }
  // Takes long, and only says anew what the weights are.
  if (parts.includes('fit')) benchFit()
  if (wants('cost') && (!quick || parts.includes('cost'))) benchCost()
}

export const bench: Bench = {
  name: 'rca',
  about:
    'root causes: Train-Ticket and simulated systems (--quick --detail --pipeline --seeds= --kinds= --family=)',
  run,
}

if (import.meta.main) await run(process.argv.slice(2))
