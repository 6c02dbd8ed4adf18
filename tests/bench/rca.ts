import type { FaultKind } from '../../src/core/simulator/systems/systems.ts'
import type { Bench } from './bench.ts'
import { ALL_KINDS, benchSystems } from './rca-systems.ts'

const optionOf = (args: readonly string[], name: string): string | undefined =>
  args.find(arg => arg.startsWith(`${name}=`))?.slice(name.length + 1)

const run = async (args: string[]): Promise<void> => {
  const quick = args.includes('--quick')
  const seeds = optionOf(args, '--seeds')?.split(',').map(Number)
  const kinds = optionOf(args, '--kinds')?.split(',') as FaultKind[] | undefined
  benchSystems({
    family: optionOf(args, '--family') ?? 'dev',
    seeds: seeds ?? (quick ? [1, 2, 3] : [1, 2, 3, 4, 5, 6, 7, 8]),
    kinds: kinds ?? ALL_KINDS,
    faultFree: quick ? 2 : 4,
    detail: args.includes('--detail'),
    both: !quick,
  })
}

export const bench: Bench = {
  name: 'rca',
  about:
    'root causes: Train-Ticket and simulated systems (--quick --detail --seeds= --kinds= --family=)',
  run,
}

if (import.meta.main) await run(process.argv.slice(2))
