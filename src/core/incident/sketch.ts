/** Smallest hashes that are kept: an estimate is then off by about 1 / √32, a sixth. */
const KEPT = 32

/**
 * A sketch of a set of names with one more: the smallest of their hashes, ascending (k minimum
 * values, Bar-Yossef et al. 2002). The same set gives the same sketch in any order.
 */
export const sketchWith = (sketch: number[], name: string): number[] => {
  const hash = hash32(name)
  if (sketch.includes(hash) || (sketch.length >= KEPT && hash > sketch.at(-1)!)) return sketch
  return [...sketch, hash].sort((a, b) => a - b).slice(0, KEPT)
}

/** How many names there are: exact below `KEPT`, about from there on. */
export const countSketch = (sketch: readonly number[]): number =>
  sketch.length < KEPT
    ? sketch.length
    : Math.max(KEPT, Math.round(((KEPT - 1) * 2 ** 32) / (sketch.at(-1)! + 1)))

/** FNV-1a of 32 bits over UTF-16 units, then mixed so that every bit depends on all of them. */
const hash32 = (text: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
