/**
 * A line's place in its partition as one number, exact and rising: the offset of its message and
 * its index in it. Offsets wrap after 2^37 messages, far beyond what a broker keeps, so that the
 * true one can always be told.
 */
export const MOST_LINES = 2 ** 16
const WRAP = 2 ** 37

export const positionOf = (offset: number, index: number): number =>
  (offset % WRAP) * MOST_LINES + index

export const indexOf = (position: number): number => position % MOST_LINES

/** @param end an offset at or behind the one that is looked for, less than 2^37 behind */
export const offsetOf = (position: number, end: number): number => {
  const residue = Math.floor(position / MOST_LINES)
  const base = Math.floor(end / WRAP) * WRAP
  const offset = base + residue
  return offset <= end ? offset : offset - WRAP
}
