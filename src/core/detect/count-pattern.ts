/** Roughly how many: 1, 2, 3–4, 5–8, …; sessions of one kind differ by a repetition or two. */
export const rough = (count: number): number => Math.ceil(Math.log2(count))

/** Names what a session holds, without order: its events, each with its rough count. */
export const countPattern = (sequence: readonly number[]): string => {
  const counts = new Map<number, number>()
  for (const event of sequence) counts.set(event, (counts.get(event) ?? 0) + 1)
  return [...counts]
    .sort((a, b) => a[0] - b[0])
    .map(([event, count]) => `${event}×${2 ** rough(count)}`)
    .join(' ')
}
