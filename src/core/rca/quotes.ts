import type { Frame } from './frame.ts'
import { templateOf, WARN } from './frame.ts'

/** Shorter pieces of a message are said by many. */
const LEAST_CHARS = 20
const LEAST_WORDS = 3
/** Kinds of lines whose words are looked for, and characters of a line that are searched. */
const MOST_PHRASES = 300
const MOST_READ = 4_000

interface Phrase {
  service: number
  text: string
  /** Characters of the line that it is from. */
  length: number
}

/** Services whose own trouble a line passes on, word by word: `upload failed: disk full on /data`. */
export type Quotes = (writer: number, text: string) => number[]

/**
 * Whose words others repeat: who wraps the message of somebody else in its own did not come up with
 * it. The longer of two lines with the same words is the one that quotes.
 */
export const quotesOf = (frame: Frame): Quotes => {
  const phrases = phrasesOf(frame)
  return (writer, text) => {
    const part = text.slice(0, MOST_READ)
    const found = new Set<number>()
    for (const { service, text: words, length } of phrases) {
      if (service !== writer && part.length > length && part.includes(words)) found.add(service)
    }
    return [...found]
  }
}

const phrasesOf = (frame: Frame): Phrase[] => {
  const { dictionary } = frame
  const phrases = new Map<number, Phrase | undefined>()
  for (let i = 0; i < frame.size && phrases.size < MOST_PHRASES; i++) {
    const type = frame.type[i]!
    if (frame.level[i]! < WARN || phrases.has(type)) continue
    const template = templateOf(dictionary, type)
    const [longest = ''] = template.split('<*>').sort((a, b) => b.length - a.length)
    const text = longest.trim()
    const isTelling = text.length >= LEAST_CHARS && text.split(/\s+/).length >= LEAST_WORDS
    const length = frame.events?.[i]?.text.length ?? template.length
    phrases.set(
      type,
      isTelling ? { service: dictionary.typeService[type]!, text, length } : undefined,
    )
  }
  return [...phrases.values()].filter(phrase => phrase !== undefined)
}
