import type { Accusation } from '../credit.ts'
import type { Scene } from '../evidence.ts'
import { WARN } from '../frame.ts'
import type { TraitsOf } from './traits.ts'

/**
 * Errors that are the asker's own by what they are: it is not let in, asks for what is not there or
 * cannot be understood (client errors of RFC 9110 §15.5), or knows no such address.
 */
const OWN_FAULT = new RegExp(
  [
    /\b(?:status(?: code)?|http(?:\/\d(?:\.\d)?)?|code|answered|returned|got)[ :=]{1,3}4(?!08|29)\d\d\b/,
    /\b4(?!08|29)\d\d (?:bad request|unauthorized|forbidden|not found|method|conflict|unprocessable)/,
    /\b(?:unauthori[sz]ed|unauthenticated|forbidden|access denied|permission denied|not permitted)\b/,
    /\b(?:authentication|authori[sz]ation|login|sasl|handshake)\b.{0,30}\b(?:fail|denied|invalid|refused|required|error)/,
    /\b(?:invalid|wrong|bad|expired|missing)\b.{0,20}\b(?:password|credentials?|token|key|user|argument|request|certificate)\b/,
    /\b(?:wrongpass|noauth|password authentication failed|unknownhost|enotfound|eai_again|getaddrinfo)/,
    /\b(?:no such host|unknown host|host not found|name or service not known|cannot resolve|name resolution|nxdomain)\b/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'i',
)
const MOST_READ = 2_000

/** How much of what others say against somebody is by its words their own fault. */
export const createComplaintTraits = (
  { frame }: Scene,
  accusations: readonly Accusation[],
): TraitsOf => {
  const against = new Map<string, { own: number; all: number }>()
  const by = new Map<string, { own: number; all: number }>()
  const add = (to: typeof against, name: string, worth: number, isOwn: boolean): void => {
    const row = to.get(name) ?? { own: 0, all: 0 }
    row.all += worth
    if (isOwn) row.own += worth
    to.set(name, row)
  }
  for (const { evidence, strength, blame } of accusations) {
    const { writer, positions } = evidence
    const told = positions.filter(i => frame.level[i]! >= WARN)
    if (writer === undefined || told.length === 0) continue
    const isOwn = told.some(i =>
      OWN_FAULT.test((frame.events?.[i]?.text ?? '').slice(0, MOST_READ)),
    )
    for (const { name, share } of blame) {
      if (name !== writer) add(against, name, strength * share, isOwn)
    }
    add(by, writer, strength, isOwn)
  }
  const shareOf = (row: { own: number; all: number } | undefined): number =>
    row === undefined || row.all === 0 ? 0 : row.own / row.all
  return ({ name }) => ({
    'complaints.askersFault': shareOf(against.get(name)),
    'complaints.ownFault': shareOf(by.get(name)),
  })
}
