import { type Evidence, MOST_CITED, MOST_KEPT, newsOf, type Scene } from '../evidence.ts'
import { serviceName, templateOf, WARN } from '../frame.ts'
import { countRatio, strengthOf } from '../likelihood.ts'
import type { Profile } from '../profile.ts'
import { namesIn } from '../scene-names.ts'

/** Lines of a kind that are read for names. */
const NAMES_IN = 50

interface Lines {
  type: number
  positions: number[]
  n: number
  before: number
  worst: number
  traces: Set<number>
  instances: Map<number, { k: number; n: number }>
}

/** Finds lines of unseen kinds, and kinds that came more or less often than the traffic explains. */
export const findLines = (scene: Scene): Evidence[] => {
  const { frame, profile } = scene
  const byType = collect(scene)
  const span = Math.max(1, scene.end - scene.start)
  const ms = frame.size === 0 ? 0 : Math.max(0, scene.start - frame.at[0]!)
  const found: Evidence[] = []
  const fresh = [...byType.values()].filter(
    ({ type, n }) => n > 0 && !profile.types.has(type),
  ).length
  const now = [...byType.values()].reduce((sum, { n }) => sum + n, 0)
  const unseen = (unseenShare(profile) * now) / Math.max(1, fresh)
  for (const lines of byType.values()) {
    const change = changeOf(scene, lines, { n: lines.before, ms }, span, unseen)
    if (change === undefined) continue
    const kind = change.rose
      ? lines.worst >= WARN
        ? 'error'
        : profile.types.has(lines.type)
          ? 'rise'
          : 'new'
      : 'fall'
    found.push(...toEvidence(scene, lines, kind, change))
  }
  for (const type of profile.types.keys()) {
    if (byType.has(type)) continue
    const lines = emptyLines(type)
    const change = changeOf(scene, lines, { n: 0, ms }, span, unseen)
    if (change !== undefined) found.push(...toEvidence(scene, lines, 'fall', change))
  }
  return found
}

const emptyLines = (type: number): Lines => ({
  ...{ type, positions: [], n: 0, before: 0, worst: 0, traces: new Set(), instances: new Map() },
})

const collect = ({ frame, start, end }: Scene): Map<number, Lines> => {
  const byType = new Map<number, Lines>()
  for (let i = 0; i < frame.size; i++) {
    const at = frame.at[i]!
    if (at > end) break
    let lines = byType.get(frame.type[i]!)
    if (lines === undefined) {
      lines = emptyLines(frame.type[i]!)
      byType.set(frame.type[i]!, lines)
    }
    if (at < start) {
      lines.before++
      continue
    }
    lines.n++
    lines.worst = Math.max(lines.worst, frame.level[i]!)
    if (lines.positions.length < MOST_KEPT) lines.positions.push(i)
    if (lines.traces.size < MOST_KEPT && frame.trace[i]! >= 0) lines.traces.add(frame.trace[i]!)
    const instance = frame.instance[i]!
    if (instance >= 0) {
      const count = lines.instances.get(instance) ?? { k: 0, n: 0 }
      count.k++
      count.n++
      lines.instances.set(instance, count)
    }
  }
  return byType
}

interface Change {
  rose: boolean
  strength: number
  expected: number
}

/** A change must be sure after looking at this many types: ln of types over the usual 1 in 1000. */
const sureRatio = (types: number): number => Math.log(Math.max(1, types) / 0.001)

const changeOf = (
  { profile, activity }: Scene,
  { type, n, traces }: Lines,
  before: { n: number; ms: number },
  span: number,
  unseen: number,
): Change | undefined => {
  const beforeRate = (before.n * span) / Math.max(1, before.ms)
  const flow = activity.flows.get(type)
  const time = activity.times.get(type)
  const known = profile.types.has(type)
  const observed = known ? (flow?.observed ?? 0) + (time?.observed ?? 0) : n
  const expected = known ? (flow?.expected ?? 0) + (time?.expected ?? 0) : unseen
  const variance = (flow?.variance ?? 0) + (time?.expected ?? 0) * (time?.phi ?? 1)
  const phi = expected > 0 ? variance / expected : 1
  const single = traces.size === 1 && n > 1
  const ratio =
    countRatio(observed, Math.max(expected, 0.5 / (profile.lines + 1)), phi) * (single ? 0.5 : 1)
  if (ratio < (known ? sureRatio(profile.types.size) : SURE_NEW)) return undefined
  const rose = observed > expected
  // What was never learned cannot become less.
  if (!rose && !known) return undefined
  const share = rose ? 1 - expected / observed : 1 - observed / expected
  // Where it was so already just before, it is less of a change.
  const old = rose ? beforeRate / observed : 1 - beforeRate / Math.max(1, expected)
  const news =
    before.ms > 0 ? newsOf(share, { k: share * Math.max(0, Math.min(1, old)) * 1e3, n: 1e3 }) : 1
  return { rose, expected, strength: strengthOf(ratio, share) * news }
}

/** Good–Turing: the share of lines of kinds that were not seen before is that of kinds seen once. */
const unseenShare = ({ types, lines }: Profile): number => {
  let once = 0
  for (const count of types.values()) if (count === 1) once++
  return (once + 0.5) / (lines + 1)
}

/** One unseen kind in twenty may come by chance. */
const SURE_NEW = Math.log(20)

const toEvidence = (
  scene: Scene,
  lines: Lines,
  kind: Evidence['kind'],
  { strength, expected }: Change,
): Evidence[] => {
  const { frame, profile } = scene
  const { dictionary } = frame
  const service = dictionary.typeService[lines.type]!
  const own = serviceName(dictionary, service)
  const template = templateOf(dictionary, lines.type)
  const first = lines.positions[0]
  const base = {
    writer: own,
    strength,
    at: first === undefined ? scene.start : frame.at[first]!,
    positions: lines.positions.slice(0, MOST_CITED),
    // Lines that still come do not show when others stopped coming.
    hits:
      kind === 'fall'
        ? []
        : lines.positions.map(i => ({ at: frame.at[i]!, trace: frame.trace[i]! })),
    instances: lines.instances,
  }
  const usual = profile.types.has(lines.type)
    ? `${expected.toFixed(1)} were to be expected`
    : 'never seen before'
  const what = `${lines.n} × "${template}" of ${own}; ${usual}`
  const self: Evidence = {
    ...base,
    kind,
    key: `${kind} ${own} ${template}`,
    blame: [{ name: own, kind: 'service', share: 1 }],
    what,
  }
  // More of what is said every day is no complaint.
  if (kind !== 'error') return [self]
  const named = namesIn(scene.speakers, lines.positions.slice(0, NAMES_IN))
  return named.length === 0
    ? [self]
    : [
        self,
        {
          ...base,
          kind: 'named',
          key: `named ${own} ${template}`,
          blame: named,
          instances: new Map(),
          what: `${own} names it: ${what}`,
        },
      ]
}
