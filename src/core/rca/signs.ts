import { cutAtBlank } from './cut-text.ts'
import type { Evidence, Scene } from './evidence.ts'
import { templateOf } from './frame.ts'
import type { Candidate } from './rank.ts'
import type { RcaSign } from './types.ts'

/** Signs that a report keeps, strongest first. */
const MOST_SIGNS = 40
const LONGEST = 300

/** What the findings against suspects are about, each with its share of all of them. */
export const signsOf = (scene: Scene, told: readonly Candidate[]): RcaSign[] => {
  const signs = new Map<string, RcaSign>()
  let whole = 0
  for (const { findings } of told) {
    for (const { evidence, adds } of findings) {
      if (!(adds > 0)) continue
      const sign = { ...aboutOf(scene, evidence), weight: adds }
      const key = JSON.stringify([sign.kind, sign.service, sign.template])
      const known = signs.get(key)
      if (known === undefined) signs.set(key, sign)
      else known.weight += adds
      whole += adds
    }
  }
  return [...signs.values()]
    .sort((a, b) => b.weight - a.weight)
    .slice(0, MOST_SIGNS)
    .map(sign => ({ ...sign, weight: Math.round((sign.weight / whole) * 1e4) / 1e4 }))
}

const aboutOf = ({ frame }: Scene, evidence: Evidence): Omit<RcaSign, 'weight'> => {
  const { kind, missing, writer, blame, link, positions } = evidence
  if (missing !== undefined)
    return { kind, service: missing.service, template: cutAtBlank(missing.template, LONGEST) }
  const service = writer ?? blame[0]?.name ?? link?.to ?? ''
  const [first] = positions
  // A gap, a silence and the like are about the lines around them, whatever these say.
  if (first === undefined) return { kind, service }
  const template = templateOf(frame.dictionary, frame.type[first]!)
  return { kind, service, template: cutAtBlank(template, LONGEST) }
}
