import { BLANK, classOf, JOIN } from './char-class.ts'
import { type Scan, VARIABLE } from './mask.ts'

/**
 * A masked line as text: `gaps[i]` stands before `words[i]`, the last gap after the last word.
 * A word is null where a value stands. Lines with equal gaps have the same shape.
 */
export interface MaskedLine {
  gaps: string[]
  words: (string | null)[]
  /** Gaps that lie inside one value, by the element behind them; others only if they join. */
  solid?: readonly number[] | undefined
}

/** Which elements each parameter spans: first, last, first, last … */
export type Slots = Int32Array

export interface RenderedTemplate {
  text: string
  slots: Slots
}

/** Blank runs become one blank; the ends of the message lose theirs. */
const fold = (gap: string): string => {
  let folded = ''
  let blank = false
  for (let at = 0; at < gap.length; at++) {
    const isBlank = (classOf(gap.charCodeAt(at)) & BLANK) !== 0
    if (!isBlank) folded += gap[at]
    else if (!blank) folded += ' '
    blank = isBlank
  }
  return folded
}

/** The same with strings of its own: pieces cut out of a text keep the whole of it in memory. */
export const apart = ({ gaps, words, solid }: MaskedLine): MaskedLine => ({
  ...(JSON.parse(JSON.stringify({ gaps, words })) as MaskedLine),
  ...(solid !== undefined && { solid }),
})

/** Reads words and gaps of a scanned message. */
export const maskedLine = (text: string, from: number, scan: Scan): MaskedLine => {
  const gaps: string[] = []
  const words: (string | null)[] = []
  let at = from
  for (let i = 0; i < scan.count; i++) {
    gaps.push(fold(text.slice(at, scan.starts[i])))
    words.push(scan.kinds[i] === VARIABLE ? null : text.slice(scan.starts[i], scan.ends[i]))
    at = scan.ends[i]
  }
  gaps.push(fold(text.slice(at)).trimEnd())
  gaps[0] = gaps[0].trimStart()
  return { gaps, words }
}

/** Whether values on both sides of a gap count as one. An empty gap joins, too. */
export const joins = (gap: string): boolean => {
  for (let at = 0; at < gap.length; at++) {
    if (!(classOf(gap.charCodeAt(at)) & JOIN)) return false
  }
  return true
}

/** Template text with `<*>` for every run of joined values, and which elements each run spans. */
export const renderTemplate = ({ gaps, words, solid }: MaskedLine): RenderedTemplate => {
  const slots: number[] = []
  let text = ''
  for (let i = 0; i < words.length; i++) {
    const word = words[i]
    if (word === null && i > 0 && words[i - 1] === null && (joins(gaps[i]) || solid?.includes(i))) {
      slots[slots.length - 1] = i
      continue
    }
    text += gaps[i]
    if (word === null) {
      text += '<*>'
      slots.push(i, i)
    } else text += word
  }
  return { text: (text + gaps[words.length]).trim(), slots: Int32Array.from(slots) }
}
