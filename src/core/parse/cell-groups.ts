import { type Cells, cellsOf, differingCells, fitsCells, showValues } from './cells.ts'
import type { Group } from './drain.ts'
import type { MaskedLine } from './shape.ts'

/** Most groups of one frame that a new one is compared with, the latest ones. */
const COMPARED_MAX = 512

interface Entry {
  group: Group
  cells: Cells
}

/** Finds groups whose cells are alike although their shapes are not. */
export interface CellGroups {
  add(group: Group): void
  /** Groups, this one among them, that differ only in cells that hold values, and those cells. */
  alike(group: Group): { groups: Group[]; cells: number[] } | undefined
  /** The line as one of a known group whose cells it fits, its names taken as values. */
  fitting(line: MaskedLine): MaskedLine | undefined
  drop(gone: ReadonlySet<Group>): void
}

/** The words of a line with all elements of these cells taken as one value each. */
export const withoutCells = (line: MaskedLine, at: readonly number[]) => {
  const { first, last } = cellsOf(line)
  const words = [...line.words]
  const solid: number[] = []
  for (const cell of at)
    for (let i = first[cell]!; i <= last[cell]!; i++) {
      words[i] = null
      if (i > first[cell]!) solid.push(i)
    }
  return { words, solid }
}

export const createCellGroups = (): CellGroups => {
  const frames = new Map<string, Entry[]>()
  const keyOf = ({ frame }: Cells): string => frame.join('\u0001')

  const alive = (key: string): Entry[] => {
    const entries = (frames.get(key) ?? []).filter(({ group }) => group.parent === undefined)
    frames.set(key, entries)
    return entries
  }

  return {
    add(group) {
      const cells = cellsOf(group)
      if (cells.cores.length < 3) return
      const key = keyOf(cells)
      const entries = frames.get(key)
      if (entries === undefined) frames.set(key, [{ group, cells }])
      else entries.push({ group, cells })
    },
    alike(group) {
      const cells = cellsOf(group)
      if (cells.cores.length < 3) return undefined
      const others = alive(keyOf(cells)).slice(-COMPARED_MAX)
      const bySpot = new Map<string, { at: number[]; entries: Entry[] }>()
      for (const entry of others) {
        const at = entry.group === group ? [] : differingCells(cells, entry.cells)
        if (at === undefined || at.length === 0) continue
        const spot = bySpot.get(at.join()) ?? { at, entries: [] }
        spot.entries.push(entry)
        bySpot.set(at.join(), spot)
      }
      const spots = [...bySpot.values()].sort((a, b) => a.at.length - b.at.length)
      for (const { at } of spots) {
        const within = spots.filter(spot => spot.at.every(i => at.includes(i)))
        const entries = within.flatMap(spot => spot.entries)
        if (at.length > 1 && entries.length < 3) continue
        if (!showValues([cells, ...entries.map(entry => entry.cells)], at)) continue
        return { groups: [group, ...entries.map(entry => entry.group)], cells: at }
      }
      return undefined
    },
    fitting(line) {
      const cells = cellsOf(line)
      for (const entry of alive(keyOf(cells)).slice(-COMPARED_MAX)) {
        const at = fitsCells(entry.cells, cells)
        if (at !== undefined && at.length > 0) return { gaps: line.gaps, ...withoutCells(line, at) }
      }
      return undefined
    },
    drop(gone) {
      for (const [key, entries] of frames) {
        const left = entries.filter(({ group }) => !gone.has(group))
        if (left.length === 0) frames.delete(key)
        else frames.set(key, left)
      }
    },
  }
}
