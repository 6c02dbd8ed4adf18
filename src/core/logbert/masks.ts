import type { Random } from '../simulator/random.ts'

/** Hidden events of each scoring row: row r of `masks` hides the positions r, r + masks, …. */
export const interleavedMask = (length: number, masks: number, row: number): boolean[] =>
  Array.from({ length }, (_, i) => i % masks === row % masks)

/** Hides about `share` of the positions, at least one. */
export const randomMask = (length: number, share: number, random: Random): boolean[] => {
  const mask = Array.from({ length }, () => random.next() < share)
  if (length > 0 && !mask.includes(true)) mask[random.int(0, length - 1)] = true
  return mask
}
