import { type KeyCandidate, placeName } from './key-candidate.ts'

/** Labels that are compared with each other: those of most lines. */
const MAX_LABELS = 100
const MIN_SHARED = 5

interface LabelView {
  candidate: KeyCandidate
  labels: string[]
  /** First line of each value. */
  first: Map<string, number>
}

/**
 * Words that name the same thing: `opened session 17`, `closing 17`, `sid=17`. Two labels belong
 * together when half of the values of one stand behind the other too, and come up at about the same
 * time (counts and sizes share values with everything, but at any time). Returns the joint
 * candidates, in addition to the single ones.
 */
export const joinLabels = (
  candidates: readonly KeyCandidate[],
  sampleLines: number,
): KeyCandidate[] => {
  const views = candidates
    .flatMap(candidate =>
      candidate.place.by === 'label' ? [viewOf(candidate, candidate.place.labels)] : [],
    )
    .filter(view => view.first.size >= MIN_SHARED)
    .sort((a, b) => b.candidate.lines.length - a.candidate.lines.length)
    .slice(0, MAX_LABELS)
  const group = views.map((_, i) => i)
  const root = (i: number): number => (group[i] === i ? i : root(group[i]!))
  for (let i = 0; i < views.length; i++) {
    for (let j = i + 1; j < views.length; j++) {
      if (root(i) !== root(j) && together(views[i]!, views[j]!, sampleLines)) {
        group[root(j)] = root(i)
      }
    }
  }
  const joint = Map.groupBy(views, view => root(views.indexOf(view)))
  return [...joint.values()].filter(members => members.length > 1).map(join)
}

const viewOf = (candidate: KeyCandidate, labels: string[]): LabelView => {
  const first = new Map<string, number>()
  candidate.values.forEach((value, i) => {
    const name = candidate.names[value]!
    if (!first.has(name)) first.set(name, candidate.lines[i]!)
  })
  return { candidate, labels, first }
}

const together = (a: LabelView, b: LabelView, sampleLines: number): boolean => {
  const [few, many] = a.first.size <= b.first.size ? [a.first, b.first] : [b.first, a.first]
  const apart: number[] = []
  for (const [value, line] of few) {
    const other = many.get(value)
    if (other !== undefined) apart.push(Math.abs(other - line))
  }
  if (apart.length < MIN_SHARED || apart.length < few.size / 2) return false
  apart.sort((x, y) => x - y)
  // By chance two first lines lie a third of the log apart.
  return apart[apart.length >> 1]! < sampleLines / 20
}

const join = (members: LabelView[]): KeyCandidate => {
  const labels = members.flatMap(member => member.labels).sort()
  const place = { by: 'label' as const, labels }
  const ids = new Map<string, number>()
  const rows = new Map<number, { line: number; value: number }>()
  const most = members.reduce((sum, { candidate }) => sum + candidate.names.length, 0)
  for (const { candidate } of members) {
    candidate.values.forEach((value, i) => {
      const name = candidate.names[value]!
      const id = ids.get(name) ?? ids.size
      ids.set(name, id)
      const line = candidate.lines[i]!
      rows.set(line * most + id, { line, value: id })
    })
  }
  const sorted = [...rows.values()].sort((a, b) => a.line - b.line)
  return {
    name: placeName(place),
    place,
    lines: sorted.map(row => row.line),
    values: sorted.map(row => row.value),
    names: [...ids.keys()],
  }
}
