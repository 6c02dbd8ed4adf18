import type { Below } from '../below.ts'
import type { Accusation } from '../credit.ts'
import type { Blame, Scene } from '../evidence.ts'
import type { TraitsOf } from './traits.ts'

/** In which share of the affected traces it wrote the first trouble, the last, and the innermost. */
export const createWriterTraits = (
  { profile }: Scene,
  accusations: readonly Accusation[],
  below: Below,
): TraitsOf => {
  const { services } = profile.dictionary
  const traces = writersOf(accusations)
  const counts = {
    first: createTally(),
    last: createTally(),
    inner: createTally(),
    any: createTally(),
  }
  for (const row of traces.values()) {
    const writers = [...row].sort(([, a], [, b]) => a - b).map(([name]) => name)
    counts.first.add(writers[0]!, 1)
    counts.last.add(writers.at(-1)!, 1)
    const numbers = writers.map(name => services.find(name))
    const inner = writers.filter(
      (_, i) => !numbers.some(there => below(numbers[i]!, there) && !below(there, numbers[i]!)),
    )
    for (const name of inner) counts.inner.add(name, 1 / inner.length)
    for (const name of writers) counts.any.add(name, 1)
  }
  const total = Math.max(1, traces.size)
  return ({ name }) => {
    const present = Math.max(1, counts.any.of(name))
    return {
      'writer.first': counts.first.of(name) / total,
      'writer.last': counts.last.of(name) / total,
      'writer.inner': counts.inner.of(name) / total,
      'writer.innerOfOwn': counts.inner.of(name) / present,
      'writer.firstOfOwn': counts.first.of(name) / present,
    }
  }
}

/**
 * By trace: who is in trouble, and since when. That is who wrote the lines, but of a line that is
 * missing who should have written it.
 */
const writersOf = (accusations: readonly Accusation[]): Map<number, Map<string, number>> => {
  const traces = new Map<number, Map<string, number>>()
  for (const { evidence, blame } of accusations) {
    const writer = evidence.kind === 'missing' ? mostBlamed(blame) : evidence.writer
    if (writer === undefined) continue
    for (const { at, trace } of evidence.hits) {
      if (trace < 0) continue
      const row = traces.get(trace) ?? new Map<string, number>()
      traces.set(trace, row.set(writer, Math.min(at, row.get(writer) ?? Infinity)))
    }
  }
  return traces
}

const mostBlamed = (blame: readonly Blame[]): string | undefined =>
  blame.reduce<Blame | undefined>(
    (a, b) => (a === undefined || b.share > a.share ? b : a),
    undefined,
  )?.name

const createTally = () => {
  const counts = new Map<string, number>()
  return {
    add(name: string, n: number): void {
      counts.set(name, (counts.get(name) ?? 0) + n)
    },
    of: (name: string): number => counts.get(name) ?? 0,
  }
}
