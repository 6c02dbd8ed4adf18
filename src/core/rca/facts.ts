import { addCountTable, type CountTable, countLines, createCountTable } from './count-table.ts'
import {
  addFollowTable,
  concurrencyOf,
  countFollowers,
  countOrder,
  createFollowTable,
  type FollowTable,
} from './follow-table.ts'
import type { Frame } from './frame.ts'
import { addGapTable, countGaps, createGapTable, type GapTable } from './gap-table.ts'
import { addParents, countParents, type ParentTable, parentsOf } from './parents.ts'
import { addValueTable, countValues, type ValueTable } from './value-table.ts'

/** All that is counted of a stretch of normal time; facts of stretches add up. */
export interface Facts {
  traces: FollowTable
  spans: FollowTable
  streams: FollowTable
  gaps: GapTable
  counts: CountTable
  values: ValueTable
  parents: ParentTable
}

export const createFacts = (): Facts => ({
  traces: createFollowTable(),
  spans: createFollowTable(),
  streams: createFollowTable(),
  gaps: createGapTable(),
  counts: createCountTable(),
  values: new Map(),
  parents: new Map(),
})

/** First pass over a frame: all but the gaps, which must know what runs side by side. */
export const countFacts = (frame: Frame, binMs: number): Facts => {
  const facts = createFacts()
  countFollowers(facts.traces, frame, frame.traces, false)
  countOrder(facts.traces, frame, frame.traces)
  countFollowers(facts.spans, frame, frame.spans, false)
  countFollowers(facts.streams, frame, frame.streams, true)
  countLines(facts.counts, frame, binMs)
  countValues(facts.values, frame)
  countParents(facts.parents, frame)
  return facts
}

export const addFacts = (to: Facts, from: Facts): void => {
  addFollowTable(to.traces, from.traces)
  addFollowTable(to.spans, from.spans)
  addFollowTable(to.streams, from.streams)
  addGapTable(to.gaps, from.gaps)
  addCountTable(to.counts, from.counts)
  addValueTable(to.values, from.values)
  addParents(to.parents, from.parents)
}

/** Facts of each frame, with their gaps; and which steps run side by side in any of them. */
export const factsOf = (
  frames: readonly Frame[],
  binMs: number,
): { facts: Facts[]; concurrent: Set<number> } => {
  const facts = frames.map(frame => countFacts(frame, binMs))
  const order = createFollowTable()
  for (const { traces } of facts) addFollowTable(order, traces)
  const concurrent = concurrencyOf([order])
  const votes: ParentTable = new Map()
  for (const each of facts) addParents(votes, each.parents)
  const parents = parentsOf(votes)
  for (const [i, frame] of frames.entries()) countGaps(facts[i]!.gaps, frame, concurrent, parents)
  return { facts, concurrent }
}
