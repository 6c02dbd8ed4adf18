/** A stretch of a session that fits into one row. */
export interface Segment {
  /** Position of its first event. */
  from: number
  /** Position after its last event. */
  to: number
  /** First position whose score is taken from this segment; those before have more context in the one before. */
  own: number
}

/**
 * Cuts a session of `length` events into segments of at most `most`, each overlapping the one
 * before by half, so that nothing is dropped and nearly every event sees half a segment before it.
 */
export const segments = (length: number, most: number): Segment[] => {
  if (length <= most) return [{ from: 0, to: length, own: 0 }]
  const step = Math.ceil(most / 2)
  const out: Segment[] = []
  for (let from = 0; ; from += step) {
    const to = Math.min(from + most, length)
    out.push({ from, to, own: out.at(-1)?.to ?? 0 })
    if (to === length) return out
  }
}
