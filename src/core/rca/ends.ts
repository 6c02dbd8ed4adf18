import type { Candidate } from './rank.ts'

/** How far accusations of accusations are followed. */
const STEPS = 4

/**
 * Who is accused and accuses others in turn passes on what it is accused of, by what share of its own
 * lines points at them: complaints of complaints end at the one who complains of nobody.
 */
export const endsOf = (all: readonly Candidate[]): number[] => {
  const index = new Map(all.map(({ name }, i) => [name, i]))
  const pointers = all.map(() => new Map<number, number>())
  all.forEach(({ findings }, target) => {
    for (const { evidence, adds } of findings) {
      const writer = evidence.writer === undefined ? target : (index.get(evidence.writer) ?? target)
      const row = pointers[writer]!
      row.set(target, (row.get(target) ?? 0) + adds)
    }
  })
  let mass = all.map(({ score }) => score)
  for (let step = 0; step < STEPS; step++) {
    const next = all.map(() => 0)
    mass.forEach((own, from) => {
      const row = pointers[from]!
      const total = [...row.values()].reduce((sum, adds) => sum + adds, 0)
      if (total === 0) next[from]! += own
      else for (const [to, adds] of row) next[to]! += (own * adds) / total
    })
    mass = next
  }
  return mass
}
