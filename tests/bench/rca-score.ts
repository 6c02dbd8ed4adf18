import { serviceOfInstance } from '../../src/core/rca/service-name.ts'
import type { RcaEvent, RcaReport } from '../../src/core/rca/types.ts'

/** What is right, known to the scoring only. */
export interface RightAnswer {
  kind: string
  service: string
  instance?: string
  /** Answers that the logs cannot tell from it. */
  alike: readonly string[]
}

/** How names of a report are read: an instance or a logger of a service stands for the service. */
export type Canon = (name: string) => string

/** `instances`: which service each belongs to. */
export const createCanon = (
  services: readonly string[],
  instances: ReadonlyMap<string, string>,
): Canon => {
  const known = services.map(plainName)
  return name => {
    const plain = plainName(instances.get(name) ?? name)
    if (known.includes(plain)) return plain
    return known.find(each => `.${plain}.`.includes(`.${each}.`)) ?? plain
  }
}

/** Services and components of a report, most suspect first. */
export const rankedNames = (report: RcaReport, canon: Canon): string[] => {
  const names = report.suspects
    .filter(({ kind }) => kind === 'service' || kind === 'instance' || kind === 'component')
    .map(({ name }) => canon(name))
  return [...new Set(names)]
}

/** A name without address, port and replica. */
export const plainName = (name: string): string =>
  serviceOfInstance(
    name
      .toLowerCase()
      .replace(/^[a-z][a-z0-9+.-]*:\/\//, '')
      .replace(/[/?].*$/, '')
      .replace(/:\d+$/, ''),
  )

/** Place of the right answer, from 1; Infinity where it is not named. */
export const placeOf = (names: readonly string[], right: RightAnswer): number => {
  const places = [right.service, ...right.alike]
    .map(name => names.indexOf(plainName(name)))
    .filter(place => place >= 0)
  return places.length === 0 ? Infinity : Math.min(...places) + 1
}

export type Baseline = 'most error lines' | 'most unseen templates'

/** What counting alone says. */
export const baselineNames = (
  events: readonly RcaEvent[],
  known: ReadonlySet<string>,
  canon: Canon,
): Record<Baseline, string[]> => {
  const errors = new Map<string, number>()
  const unseen = new Map<string, Set<string>>()
  for (const { service, level, template } of events) {
    if (level === 'error' || level === 'fatal') errors.set(service, (errors.get(service) ?? 0) + 1)
    if (!known.has(`${service} ${template}`)) {
      unseen.set(service, (unseen.get(service) ?? new Set()).add(template))
    }
  }
  const ranked = (counts: [string, number][]): string[] =>
    counts.sort((a, b) => b[1] - a[1]).map(([name]) => canon(name))
  return {
    'most error lines': ranked([...errors]),
    'most unseen templates': ranked([...unseen].map(([name, set]) => [name, set.size])),
  }
}

export const templatesOf = (events: readonly RcaEvent[]): Set<string> =>
  new Set(events.map(({ service, template }) => `${service} ${template}`))

/** One fault in one reading of its lines. */
export interface Scored {
  group: string
  found: boolean
  place: number
  /** Who was named first: the cause, one who felt it, somebody else, or nobody. */
  first?: 'right' | 'affected' | 'other' | 'nothing'
  /** Whether the right instance was named before all others, where one was hit. */
  instance?: boolean
  /** Seconds between the start that was found and the true one. */
  late?: number
  baselines: Record<Baseline, number>
}

const share = (list: readonly unknown[], count: number): string =>
  list.length === 0 ? '   –' : (count / list.length).toFixed(2).replace(/^0/, ' ')

const withPlace = (places: readonly number[], most: number): string =>
  share(places, places.filter(place => place <= most).length)

const rowOf = (name: string, scored: readonly Scored[]): string => {
  const places = scored.map(({ place }) => place)
  const base = (key: Baseline) => scored.map(({ baselines }) => baselines[key])
  const [errors, unseen] = [base('most error lines'), base('most unseen templates')]
  return (
    `  ${name.padEnd(18)} ${String(scored.length).padStart(4)}  ` +
    `${share(scored, scored.filter(({ found }) => found).length)}   ` +
    `${withPlace(places, 1)} ${withPlace(places, 3)} ${withPlace(places, 5)}   ` +
    `${withPlace(errors, 1)} ${withPlace(errors, 3)}   ${withPlace(unseen, 1)} ${withPlace(unseen, 3)}`
  )
}

/** Prints shares by group and over all. */
export const printTable = (title: string, scored: readonly Scored[]): void => {
  console.log(`\n${title}`)
  console.log('                      n  found   AS@1   @3   @5   errors@1 @3  unseen@1 @3')
  const groups = [...new Set(scored.map(({ group }) => group))].sort()
  for (const group of groups) {
    console.log(
      rowOf(
        group,
        scored.filter(each => each.group === group),
      ),
    )
  }
  console.log(rowOf('all', scored))
  const first = (what: Scored['first']): number => scored.filter(each => each.first === what).length
  if (scored.some(each => each.first !== undefined)) {
    console.log(
      `  first is: the cause ${first('right')}, one who felt it ${first('affected')}, ` +
        `somebody else ${first('other')}, nobody ${first('nothing')}`,
    )
  }
  const instances = scored.filter(({ instance }) => instance !== undefined)
  const right = instances.filter(({ instance }) => instance)
  if (instances.length > 0) {
    console.log(
      `  the one instance that was hit named first: ${right.length} of ${instances.length}`,
    )
  }
  const late = scored.flatMap(each => each.late ?? []).sort((a, b) => a - b)
  if (late.length > 0) {
    const at = (share: number): string => late[Math.floor(share * (late.length - 1))]!.toFixed(0)
    console.log(
      `  start found: median ${at(0.5)} s after the true one, 10 % to 90 %: ${at(0.1)} to ${at(0.9)} s`,
    )
  }
}
