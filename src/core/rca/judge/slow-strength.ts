import { newsOf } from '../evidence.ts'
import { moreOften, strengthOf } from '../likelihood.ts'
import type { SlowGroup } from './slow-groups.ts'
import { RESOLUTION } from './slow-usual.ts'

/** A delay of this share of what traces usually take counts half of one that stops all else. */
const MATTERS = 0.05

/** Of a link and its pairs of steps the one that says most. */
export const strongestOf = (groups: Map<string, SlowGroup>, correction: number): SlowGroup[] => {
  const links = new Map<string, SlowGroup>()
  for (const group of groups.values()) {
    if (group.k === 0) continue
    const link = `${group.kind} ${group.from} ${group.to}`
    const known = links.get(link)
    if (known === undefined || slowStrength(group, correction) > slowStrength(known, correction)) {
      links.set(link, group)
    }
  }
  return [...links.values()].filter(group => slowStrength(group, correction) > 0)
}

/** How many times as long, as a logarithm; less where the delay is small beside the whole trace. */
const effectOf = ({ slow, traceMs }: SlowGroup): number => {
  const sorted = slow.toSorted((a, b) => a.ms / Math.max(a.usual, 1) - b.ms / Math.max(b.usual, 1))
  const { ms, usual } = sorted[sorted.length >> 1]!
  const excess = ms - usual
  return (Math.log(ms / Math.max(usual, RESOLUTION)) * excess) / (excess + MATTERS * traceMs)
}

/**
 * What is left after looking at so many places; all from one trace counts half. Chance falls with how
 * far beyond the normal a gap goes, as waiting times with heavy tails do.
 */
export const slowStrength = (group: SlowGroup, correction: number): number => {
  const { k, n, normal, before, traces, beyond } = group
  const ratio = moreOften(k, n, 0, normal) * (traces.size === 1 ? 0.5 : 1) + beyond - correction
  return strengthOf(Math.max(0, ratio), k / n) * effectOf(group) * newsOf(k / n, before)
}
