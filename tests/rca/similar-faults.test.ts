import { expect, test } from 'bun:test'
import { analyse, learnRca, type RcaEvent } from '../../src/core/rca/rca.ts'
import { type Signature, signatureOf } from '../../src/core/rca/signature.ts'
import { liken } from '../../src/core/rca/similar.ts'
import {
  createSystem,
  FAMILIES,
  type FaultKind,
  planSystemFault,
  runSystem,
  type SystemLine,
} from '../../src/core/simulator/systems/systems.ts'

const MINUTE = 60_000
const START = Date.UTC(2026, 0, 5, 8)
const KINDS: FaultKind[] = ['exception', 'network delay', 'crash', 'disk full']

const eventsOf = (lines: readonly SystemLine[]): RcaEvent[] =>
  lines.map((line, i) => ({ ...line, id: `${i + 1}` }) as RcaEvent)

test('of the faults that a system had before, the same one is the most alike when it comes again hours later', () => {
  const system = createSystem(FAMILIES[0]!, 2)
  const normal = { seed: 2, from: START, to: START + 15 * MINUTE }
  const model = learnRca(eventsOf(runSystem(system, normal)))
  const seen = (kind: FaultKind, time: number): { kind: FaultKind; signature: Signature }[] => {
    const from = START + (60 + 20 * KINDS.indexOf(kind) + 300 * time) * MINUTE
    const to = from + 3 * MINUTE
    const fault = planSystemFault(system, { kind, seed: 4, from, to })
    if (fault === undefined) return []
    const window = { seed: 30 + KINDS.indexOf(kind) + 10 * time, from: from - 2 * MINUTE, to }
    const lines = runSystem(system, { ...window, prepare: fault.prepare })
    const signature = signatureOf(analyse(model, eventsOf(lines), { start: from }))
    return signature === undefined ? [] : [{ kind, signature }]
  }
  const past = KINDS.flatMap(kind => seen(kind, 0))
  expect(past.length).toBeGreaterThan(2)
  for (const { kind } of past) {
    const [again] = seen(kind, 1)
    const [first] = liken(again!.signature, past)
    expect(first?.past.kind, kind).toBe(kind)
    expect(first!.similarity, kind).toBeGreaterThan(0.5)
  }
}, 60_000)
