import type { Anomaly, ExplainedLine } from '../types.ts'
import { cutAtBlank } from './cut-text.ts'
import type { CitedLine, Oddness } from './types.ts'

/** Templates that were expected in place of an odd line, and the longest text of each. */
const MOST_EXPECTED = 3
const EXPECTED_CHARS = 200

/** A line that an anomaly explains, and where it stands. */
interface Told {
  source: string
  line: ExplainedLine
}

/**
 * Puts beside each line what detection says of it, where an anomaly explains that very line: the
 * same text at the same place of its source, or where places are counted anew the only one of its
 * source with this text at this time. What several anomalies explain is as odd as in the oddest.
 */
export const withOddness = (
  lines: readonly CitedLine[],
  anomalies: readonly Anomaly[],
): CitedLine[] => {
  const told = anomalies
    .flatMap(({ source, lines: own }) =>
      own.map((line): Told => ({ source: line.source ?? source, line })),
    )
    // A model that knows nothing of a kind of session has no surprise.
    .filter(({ line }) => line.surprise > 0 || line.entropy !== undefined)
  const byPlace = groupBy(told, ({ source, line }) => `${source}:${line.line}`)
  const byTime = groupBy(told, ({ source, line }) => `${source}:${line.at}`)
  return lines.map(line => {
    const same = ({ line: { text } }: Told): boolean => isSame(line.text, text)
    const here = (byPlace.get(placeOf(line)) ?? []).filter(same)
    const then = byTime.get(`${sourceOf(line)}:${line.at}`) ?? []
    const found = here.length > 0 ? here : alone(then.filter(same))
    const oddest = found.map(each => each.line).sort(byOddness)[0]
    return oddest === undefined ? line : { ...line, ...oddnessOf(oddest) }
  })
}

const groupBy = (told: readonly Told[], keyOf: (each: Told) => string): Map<string, Told[]> => {
  const groups = new Map<string, Told[]>()
  for (const each of told) {
    const key = keyOf(each)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [each])
    else group.push(each)
  }
  return groups
}

/** Ids are source and number; `~2` tells apart what several inputs count alike. */
const placeOf = ({ id }: CitedLine): string => id.replace(/~\d+$/, '')
const sourceOf = (line: CitedLine): string => placeOf(line).replace(/:[^:]*$/, '')

/** Reports cut what is long. */
export const isSame = (cited: string, text: string): boolean =>
  cited === text || (cited.endsWith(' …') && text.startsWith(cited.slice(0, -2)))

/** Nothing where they are of different lines. */
const alone = (told: readonly Told[]): readonly Told[] =>
  new Set(told.map(({ line }) => line.line)).size === 1 ? told : []

const byOddness = (a: ExplainedLine, b: ExplainedLine): number =>
  Number(b.odd) - Number(a.odd) || b.surprise - a.surprise

const oddnessOf = ({ surprise, entropy, odd, expected }: ExplainedLine): Oddness => ({
  surprise: round(surprise),
  ...(entropy !== undefined && { entropy: round(entropy) }),
  ...(odd &&
    expected.length > 0 && {
      expected: expected.slice(0, MOST_EXPECTED).map(({ template, p }) => ({
        template: cutAtBlank(template, EXPECTED_CHARS),
        p: round(p),
      })),
    }),
})

const round = (value: number): number => Math.round(value * 1000) / 1000
