/** Finds the objects of the list in `{"sentences": [{…}, {…}]}` while it is still being written. */
export interface SentenceReader {
  /** Objects that this piece of text has made complete. */
  feed(chunk: string): unknown[]
}

const THOUGHTS = '<think>'
const THOUGHTS_END = '</think>'
/** Where an object of the list stands. */
const DEPTH = '{[{'

/** What stands before the first brace, and thoughts in front of all, are passed over. */
export const createSentenceReader = (): SentenceReader => {
  let head: string | undefined = ''
  let open = ''
  let object = ''
  let isText = false
  let isEscaped = false
  /** Objects complete with this character: none, or one. */
  const step = (char: string): unknown[] => {
    if (open.length >= DEPTH.length) object += char
    if (isText) {
      if (isEscaped) isEscaped = false
      else if (char === '\\') isEscaped = true
      else if (char === '"') isText = false
      return []
    }
    if (char === '"') isText = open !== ''
    else if (char === '{' || (char === '[' && open !== '')) {
      open += char
      if (open === DEPTH) object = char
    } else if ((char === '}' || char === ']') && open !== '') {
      const isWhole = open === DEPTH
      open = open.slice(0, -1)
      if (isWhole) return parsed(object)
    }
    return []
  }
  /** What is left of the text when thoughts are over; nothing while they are not. */
  const afterThoughts = (chunk: string): string => {
    if (head === undefined) return chunk
    head += chunk
    const begin = head.trimStart()
    if (begin.length < THOUGHTS.length && THOUGHTS.startsWith(begin)) return ''
    const end = begin.startsWith(THOUGHTS) ? begin.indexOf(THOUGHTS_END) : -THOUGHTS_END.length
    if (end === -1) return ''
    head = undefined
    return begin.slice(end + THOUGHTS_END.length)
  }
  return { feed: chunk => [...afterThoughts(chunk)].flatMap(step) }
}

const parsed = (text: string): unknown[] => {
  try {
    return [JSON.parse(text)]
  } catch {
    return []
  }
}
