import { countTokens } from './count-tokens.ts'

/** Of the document. */
export type Section = 'suspects' | 'firstDeviation' | 'missing' | 'inCommon' | 'timeline'

/** Takes findings with the lines that show them, as long as there is room. */
export interface Board<L> {
  /**
   * Where there is no room for all of its lines it is taken with the first alone.
   * @param ids lines that are cited
   * @param write makes the finding of the labels of its lines
   * @returns whether there was room
   */
  add(section: Section, ids: readonly string[], write: (labels: string[]) => unknown): boolean
  /** What was taken, and what was not, by section. */
  counts(): Record<Section, { taken: number; left: number }>
  sections(): Record<Section, unknown[]>
  /** Lines in the order of their labels: `L1` … */
  lines(): BoardLine<L>[]
}

export interface BoardLine<L> {
  label: string
  id: string
  /** As it stands in the document; undefined when its text is gone. */
  shown: L | undefined
}

/** @param room tokens */
export const createBoard = <L>(
  room: number,
  show: (id: string, label: string) => L | undefined,
): Board<L> => {
  const taken = each<unknown[]>(() => [])
  const left = each(() => 0)
  const lines = new Map<string, BoardLine<L>>()
  let used = 0
  const put = (
    section: Section,
    ids: readonly string[],
    write: (labels: string[]) => unknown,
  ): boolean => {
    const fresh = ids
      .filter(id => !lines.has(id))
      .map((id, i) => {
        const label = `L${lines.size + i + 1}`
        return { label, id, shown: show(id, label) }
      })
    const labels = new Map(fresh.map(({ id, label }) => [id, label]))
    const value = write(ids.map(id => lines.get(id)?.label ?? labels.get(id)!))
    const parts = [value, ...fresh.flatMap(({ shown }) => (shown === undefined ? [] : [shown]))]
    const cost = parts.reduce<number>((sum, part) => sum + countTokens(encode(part)) + 1, 0)
    if (used + cost > room) return false
    used += cost
    taken[section].push(value)
    for (const line of fresh) lines.set(line.id, line)
    return true
  }
  return {
    add(section, given, write) {
      const ids = [...new Set(given)]
      const isIn = put(section, ids, write) || (ids.length > 1 && put(section, [ids[0]!], write))
      if (!isIn) left[section]++
      return isIn
    },
    counts: () => each(name => ({ taken: taken[name].length, left: left[name] })),
    sections: () => taken,
    lines: () => [...lines.values()],
  }
}

const each = <T>(make: (section: Section) => T): Record<Section, T> => ({
  suspects: make('suspects'),
  firstDeviation: make('firstDeviation'),
  missing: make('missing'),
  inCommon: make('inCommon'),
  timeline: make('timeline'),
})

/**
 * JSON in which nothing looks like the marks that models are steered by (`<|im_start|>`, `[INST]`):
 * servers take them for such wherever they stand. Our own placeholders, and `<*>` of templates, stay.
 */
export const encode = (value: unknown): string =>
  JSON.stringify(value)
    .replace(/<(?![A-Z]{2,7}_\d{1,6}>|\*>)/g, '\\u003c')
    .replace(/\[(?=\/?[A-Z_]{2,}\])/g, '\\u005b')
