import { pairKey } from '../follow-table.ts'
import { ANY, type GapKind, linkKey, PAUSE, poolOf } from '../gap-table.ts'
import type { Spread } from '../histogram.ts'
import type { Profile } from '../profile.ts'
import type { Like } from './slow-words.ts'

/** Services need so many gaps, and kinds of gap so many, to say what is slow for a rare pair. */
const LEAST_LINK = 8
const LEAST_KIND = 20
/** Robust deviations of the logarithm that chance does not give (two-sided 1 in 400). */
const SIGMAS = 3
/** A millisecond of resolution is no delay, nor are two clocks that went apart by a few, ms. */
export const RESOLUTION = 1
export const CLOCKS = 5

/** Longer than this is slow, ms. */
export const limitOf = ({ median, sd, max }: Spread, least: number): number =>
  Math.max(max, Math.max(median, RESOLUTION) * Math.exp(SIGMAS * sd), median + least)

/** What hardly ever came in normal time, like a second attempt, has gaps of its own behind it. */
export const isRare = ({ types }: Profile, type: number): boolean =>
  (types.get(type) ?? 0) < LEAST_KIND

/** What a gap is compared with: that of its own two lines, else all that a rare pair is akin to. */
export const spreadsFor = (
  { gaps }: Profile,
  steps: [number, number],
  from: number,
  to: number,
  kind: GapKind,
  isTrouble: boolean,
): { like: Like; spreads: Spread[] } => {
  if (kind === PAUSE) {
    const own = gaps.pauses.get(pairKey(...steps))
    const pause = own ?? gaps.pauses.get(pairKey(ANY, steps[1]))
    return { like: own ? 'same' : 'into', spreads: pause === undefined ? [] : [pause] }
  }
  const pair = gaps.pairs.get(pairKey(...steps))
  if (pair !== undefined) return { like: 'same', spreads: [pair] }
  if (!isTrouble) {
    const into = gaps.into.get(steps[1])
    const link = gaps.links.get(linkKey(from, to, kind))
    const akin = [into, link].filter(spread => spread !== undefined && spread.n >= LEAST_LINK)
    if (akin.length > 0)
      return { like: akin[0] === into ? 'into' : 'link', spreads: akin as Spread[] }
  }
  const all = gaps.kinds.get(poolOf(kind, isTrouble))
  return {
    like: isTrouble ? 'trouble' : 'kind',
    spreads: all !== undefined && all.n >= LEAST_KIND ? [all] : [],
  }
}
