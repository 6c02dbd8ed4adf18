import { serviceOfInstance } from './service-name.ts'
import type { RcaSign } from './types.ts'

/** Shares of what a report is about, by part; those of a part add up to 1. Plain JSON. */
export type Signature = Record<SignaturePart, [name: string, share: number][]>

export const PARTS = ['templates', 'words', 'suspects', 'kinds'] as const
export type SignaturePart = (typeof PARTS)[number]

/** What a report may hold that tells it from others; anything else in it does not matter. */
export interface Telling {
  signs?: readonly RcaSign[]
  suspects?: readonly { name: string; score: number; parts?: Readonly<Record<string, number>> }[]
  missing?: readonly { service?: string; template: string }[]
  /** Lines that it cites: what there is to go by where it was told from anomalies alone. */
  lines?: readonly { service: string; template: string }[]
}

/** Names that a part keeps, those with the largest shares. */
const MOST: Record<SignaturePart, number> = { templates: 40, words: 80, suspects: 10, kinds: 12 }

/** What did not come, what came late, and what came: the same template is another sign in each. */
const ROLES: Partial<Record<RcaSign['kind'], string>> = {
  ...{ missing: 'missing', silence: 'missing', fall: 'missing' },
  ...{ slow: 'slow', wait: 'slow' },
}

/** By what a report can be likened to others; undefined where it tells of nothing. */
export const signatureOf = (report: Telling): Signature | undefined => {
  const { suspects = [] } = report
  const parts: Record<SignaturePart, Map<string, number>> = {
    ...{ templates: new Map(), words: new Map(), suspects: new Map(), kinds: new Map() },
  }
  for (const { kind, service, template, weight } of signsIn(report)) {
    add(parts.kinds, kind, weight)
    const plain = template === undefined ? '' : plainTemplate(template)
    add(parts.templates, `${ROLES[kind] ?? 'line'} ${serviceOfInstance(service)} ${plain}`, weight)
    const words = wordsIn(plain)
    for (const word of words) add(parts.words, word, weight / words.size)
  }
  for (const { name, score } of suspects) add(parts.suspects, serviceOfInstance(name), score)
  const signature = {
    ...{ templates: strongest('templates', parts), words: strongest('words', parts) },
    ...{ suspects: strongest('suspects', parts), kinds: strongest('kinds', parts) },
  }
  return PARTS.some(part => signature[part].length > 0) ? signature : undefined
}

/** Signs of the findings, else what anomalies say by themselves. */
const signsIn = ({ signs = [], missing = [], lines = [] }: Telling): readonly RcaSign[] =>
  signs.length > 0
    ? signs
    : [
        ...lines.map(({ service, template }) => ({
          ...{ kind: 'new' as const, service, template, weight: 1 },
        })),
        ...missing.map(({ service = '', template }) => ({
          ...{ kind: 'missing' as const, service, template, weight: 1 },
        })),
      ]

const add = (to: Map<string, number>, name: string, share: number): void => {
  if (share > 0 && Number.isFinite(share)) to.set(name, (to.get(name) ?? 0) + share)
}

const strongest = (
  part: SignaturePart,
  parts: Record<SignaturePart, Map<string, number>>,
): [string, number][] => {
  const kept = [...parts[part]].sort((a, b) => b[1] - a[1]).slice(0, MOST[part])
  const whole = kept.reduce((sum, [, share]) => sum + share, 0)
  return kept.map(([name, share]) => [name, Math.round((share / whole) * 1e4) / 1e4])
}

/** Longer templates are told apart by their beginning. */
const LONGEST = 300

/** A template that is new has values in it that another time has others of. */
const plainTemplate = (template: string): string =>
  template
    .slice(0, LONGEST)
    .toLowerCase()
    .split(/\s+/)
    .map(token => (/\d/.test(token) || token.includes('<') ? '*' : token))
    .join(' ')

const wordsIn = (plain: string): Set<string> => new Set(plain.match(/[a-z]{3,}/g) ?? [])
