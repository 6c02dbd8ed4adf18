import type { Scene } from '../evidence.ts'
import { serviceName, WARN } from '../frame.ts'
import type { TraitsOf } from './traits.ts'

/** How one got on with another whom its lines name: steps that came as usual, late, or as trouble. */
interface Dealings {
  fine: number
  slow: number
  /** Trouble that came sooner than answers usually do, later than any did, and all of it. */
  soon: number
  late: number
  trouble: number
}

/** Lines that are looked at. */
const MOST_LOOKED = 5_000
/** Lines of a kind that name nobody, before the kind is taken to name nobody. */
const MUTE = 5
/** Trouble within this share of the usual time came before an answer could. */
const SOON = 0.5
/** Shorter times say nothing about sooner, ms. */
const LEAST_DUE = 2
/** Two clocks, or a busy moment, ms. */
const LENIENCE = 5
/** So many steps as usual are worth half of the most they can be. */
const SOME = 5

/**
 * Whether those who are complained of did their work for others, or at other times, as always; and
 * whether who complains had waited for as long as answers take.
 */
export const createAnswerTraits = (scene: Scene): TraitsOf => {
  const dealings = dealingsOf(scene)
  const byAsker = new Map<string, [string, Dealings][]>()
  for (const [asked, askers] of dealings) {
    for (const [asker, row] of askers) {
      byAsker.set(asker, [...(byAsker.get(asker) ?? []), [asked, row]])
    }
  }
  const elsewhere = (asked: string, but: (row: Dealings) => boolean): number => {
    const others = [...(dealings.get(asked)?.values() ?? [])].filter(row => !but(row))
    return fineShare(others)
  }
  const complains = ({ trouble, fine, slow }: Dealings): boolean =>
    trouble > 0.05 * (trouble + fine + slow)
  return ({ name }) => {
    const rows = [...(dealings.get(name)?.values() ?? [])]
    const troubled = rows.filter(complains)
    const trouble = sumOf(troubled.map(row => row.trouble))
    const own = (byAsker.get(name) ?? []).filter(([, row]) => complains(row))
    const told = sumOf(own.map(([, row]) => row.trouble))
    return {
      'answers.slow': slowShare(rows),
      'answers.fine': fineShare(rows),
      'answers.fineThere': fineShare(troubled),
      'answers.fineElsewhere': troubled.length === 0 ? 0 : elsewhere(name, complains),
      'answers.soon': sumOf(troubled.map(row => row.soon)) / (trouble + 1),
      'answers.late': sumOf(troubled.map(row => row.late)) / (trouble + 1),
      'asks.soon': sumOf(own.map(([, row]) => row.soon)) / (told + 1),
      'asks.late': sumOf(own.map(([, row]) => row.late)) / (told + 1),
      'asks.fineElsewhere':
        sumOf(own.map(([asked, row]) => row.trouble * elsewhere(asked, complains))) / (told + 1),
    }
  }
}

const fineShare = (rows: readonly Dealings[]): number => {
  const fine = sumOf(rows.map(row => row.fine))
  const bad = sumOf(rows.map(row => row.slow + row.trouble))
  return fine / (fine + bad + SOME)
}

const slowShare = (rows: readonly Dealings[]): number => {
  const slow = sumOf(rows.map(row => row.slow))
  return slow / (slow + sumOf(rows.map(row => row.fine)) + SOME)
}

/** By who is named, and by who names it. */
const dealingsOf = (scene: Scene): Map<string, Map<string, Dealings>> => {
  const { frame, profile, start, end } = scene
  const namesAt = createNamesAt(scene)
  const all = new Map<string, Map<string, Dealings>>()
  let looked = 0
  for (const part of frame.spans) {
    const first = frame.at[part[0]!]!
    if (first < start || first > end) continue
    if (looked > MOST_LOOKED) break
    looked += part.length
    for (let i = 1; i < part.length; i++) {
      const [from, to] = [part[i - 1]!, part[i]!]
      const rule = profile.rules.spans.get(frame.step[from]!)
      if (rule === undefined || frame.level[from]! >= WARN) continue
      const names = new Set([...namesAt(from), ...namesAt(to)])
      const ms = frame.at[to]! - frame.at[from]!
      for (const name of names) {
        const row = rowOf(all, name, serviceName(frame.dictionary, frame.service[to]!))
        const isLate = ms > rule.wait + LENIENCE
        if (frame.level[to]! < WARN) row[isLate ? 'slow' : 'fine']++
        else {
          row.trouble++
          if (isLate) row.late++
          if (rule.due >= LEAST_DUE && ms < SOON * rule.due) row.soon++
        }
      }
    }
  }
  return all
}

const NOBODY: readonly string[] = []

const createNamesAt = ({ frame, speakers }: Scene): ((position: number) => readonly string[]) => {
  const mute = new Map<number, number>()
  return position => {
    const type = frame.type[position]!
    const without = mute.get(type) ?? 0
    if (without >= MUTE) return NOBODY
    const names = speakers(position)
    if (names.length > 0) return names.map(({ name }) => name)
    mute.set(type, without + 1)
    return NOBODY
  }
}

const rowOf = (all: Map<string, Map<string, Dealings>>, asked: string, asker: string): Dealings => {
  const askers = all.get(asked) ?? new Map<string, Dealings>()
  all.set(asked, askers)
  const row = askers.get(asker) ?? { fine: 0, slow: 0, soon: 0, late: 0, trouble: 0 }
  askers.set(asker, row)
  return row
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)
