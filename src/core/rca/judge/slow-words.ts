import type { Scene } from '../evidence.ts'
import { serviceName, templateOf } from '../frame.ts'
import { CALL, INSIDE, linkKey, PAUSE, RETURN } from '../gap-table.ts'
import { calls, type Profile } from '../profile.ts'

/** Which gaps of normal time one is compared with: those of the same two lines, or what is akin. */
export type Like = 'same' | 'into' | 'link' | 'kind' | 'trouble'

/** A gap that is longer than any like it in normal time. */
export interface SlowGap {
  /** Positions of the two lines. */
  from: number
  to: number
  ms: number
  /** What is usual, ms, and for what. */
  usual: number
  like: Like
}

/** Where a gap lies: services, and what lies between them. */
interface Place {
  from: number
  to: number
  kind: number
  /** Steps of the two lines, where it is always the same two. */
  steps?: [number, number]
}

/** What a finding of slow gaps says, by one that is typical of them. */
export const slowWords = (
  scene: Scene,
  group: Place & { k: number; n: number },
  typical: SlowGap,
): string => {
  const passed = `${typical.ms.toFixed(0)} ms passed ${whereOf(scene, group)}${linesOf(scene, group)}`
  const cases = `in ${group.k} of ${group.n}`
  const usual = `${typical.usual.toFixed(1)} ms`
  if (typical.like === 'same') return `${passed}, usually ${usual}, ${cases}`
  return `${passed}, ${cases} (${rareness(scene, group)}${comparedTo(group, typical.like)} take ${usual})`
}

const whereOf = ({ profile, frame }: Scene, { from, to, kind }: Place): string => {
  const [a, b] = [serviceName(frame.dictionary, from), serviceName(frame.dictionary, to)]
  if (kind === INSIDE) return `within ${a}`
  if (kind === PAUSE) return `from the end of a request to ${a} to the begin of the next, to ${b}`
  if (kind === CALL) {
    return waitsFor(profile, from, to)
      ? `between ${a} and its call of ${b}`
      : `between ${a} and the first line of ${b}`
  }
  return waitsFor(profile, to, from)
    ? `between ${a} and the return to ${b}`
    : `between ${a} and the next line of ${b}`
}

/** Lines of a trace may be neighbours though neither service calls the other: a caller goes on after it. */
const waitsFor = (profile: Profile, caller: number, callee: number): boolean =>
  calls(profile, caller, callee) && profile.gaps.links.has(linkKey(callee, caller, RETURN))

const linesOf = ({ frame }: Scene, { steps }: Place): string =>
  steps === undefined
    ? ''
    : ` (from "${templateOf(frame.dictionary, steps[0] >> 1)}" to "${templateOf(frame.dictionary, steps[1] >> 1)}")`

/** Why it is not compared with itself. */
const rareness = ({ profile }: Scene, { steps }: Place): string => {
  if (steps === undefined) return 'in normal time '
  const isNew = steps.some(step => !profile.types.has(step >> 1))
  return `normal time ${isNew ? 'never' : 'hardly ever'} has these two in a row, and there `
}

const comparedTo = ({ kind, steps }: Place, like: Exclude<Like, 'same'>): string => {
  if (steps === undefined) return 'others like these'
  if (like === 'into') return 'other ways to the second line'
  if (like === 'link') {
    return kind === INSIDE ? 'other steps of the service' : 'other ways from the one to the other'
  }
  const all =
    kind === INSIDE
      ? 'steps within services'
      : kind === RETURN
        ? 'ways back to a service'
        : 'ways on to a service'
  return like === 'trouble' ? `${all} around warnings and what is rare` : all
}
