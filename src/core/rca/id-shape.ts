/** How the ids of requests look, as a pattern that finds them in a text. */
export interface IdForm {
  /** Constant beginning: `req-`. */
  prefix: string
  /** Characters behind it: how many, and of which kind. */
  length: number
  kind: 'hex' | 'lower' | 'any' | 'uuid'
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
/** Shorter ones could be found in anything. */
const LEAST_LENGTH = 8
const NEARLY_ALL = 0.95

/** The form that nearly all of some ids share; undefined where they are too unlike or too short. */
export const idFormOf = (ids: Iterable<string>): IdForm | undefined => {
  const sample = [...ids].slice(0, 500)
  if (sample.length < 3) return undefined
  const all = (test: (id: string) => boolean): boolean =>
    sample.filter(test).length >= NEARLY_ALL * sample.length
  if (all(id => UUID.test(id))) return { prefix: '', length: 36, kind: 'uuid' }
  const prefix = /^[A-Za-z]+[-_]/.exec(sample[0]!)?.[0] ?? ''
  const known = prefix !== '' && all(id => id.startsWith(prefix)) ? prefix : ''
  const length = sample[0]!.length - known.length
  if (length < LEAST_LENGTH || !all(id => id.length - known.length === length)) return undefined
  const rest = (id: string): string => id.slice(known.length)
  const kind = all(id => /^[0-9a-f]+$/.test(rest(id)))
    ? 'hex'
    : all(id => /^[0-9a-z]+$/.test(rest(id)))
      ? 'lower'
      : all(id => /^[0-9A-Za-z]+$/.test(rest(id)))
        ? 'any'
        : undefined
  return kind === undefined ? undefined : { prefix: known, length, kind }
}

const CLASSES = {
  hex: '[0-9a-f]',
  lower: '[0-9a-z]',
  any: '[0-9A-Za-z]',
}
const MOST_SEARCHED = 2_000

const escaped = (text: string): string => text.replace(/[^\w]/g, '\\$&')

/**
 * Finds the first id of a form in a text; ids have a digit, words do not.
 * @param label what stands before it; `^` where it is what the text begins with
 */
export const createIdFinder = ({ prefix, length, kind }: IdForm, label = '') => {
  const body =
    kind === 'uuid'
      ? '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
      : `(?=[a-zA-Z]*\\d)${CLASSES[kind]}{${length}}`
  const before =
    label === '^'
      ? '^'
      : label === ''
        ? '(?<![0-9A-Za-z])'
        : `(?<![0-9A-Za-z]${escaped(label)})(?<=${escaped(label)})`
  const pattern = new RegExp(`${before}${prefix}${body}(?![0-9A-Za-z])`)
  return (text: string): string | undefined => pattern.exec(text.slice(0, MOST_SEARCHED))?.[0]
}
