/**
 * Patterns of plain text in which `*` stands for any characters, none included, and all else for
 * itself. They come from people and meet texts of logs: linear time, whatever they are
 * (Knuth–Morris–Pratt for each piece between stars).
 */

/** Whether a pattern covers a text. */
export const coversText = (pattern: string, text: string): boolean => {
  const pieces = pattern.split('*')
  const [head, tail] = [pieces[0]!, pieces.at(-1)!]
  if (pieces.length === 1) return text === head
  if (text.length < head.length + tail.length) return false
  if (!text.startsWith(head) || !text.endsWith(tail)) return false
  return findInOrder(pieces.slice(1, -1), text, head.length, text.length - tail.length) >= 0
}

/** Whether something in a text fits a pattern, in any case. */
export const foundInText = (pattern: string, text: string): boolean =>
  findInOrder(pattern.toLowerCase().split('*'), text.toLowerCase(), 0) >= 0

/** Where the last piece ends when each is taken at its first place behind the one before; or -1. */
const findInOrder = (
  pieces: readonly string[],
  hay: string,
  from: number,
  to = hay.length,
): number => {
  let at = from
  for (const piece of pieces) {
    at = endOf(piece, hay, at, to)
    if (at < 0) return -1
  }
  return at
}

/** Where the first occurrence of a piece in [from, to) ends; or -1. */
const endOf = (piece: string, hay: string, from: number, to: number): number => {
  if (piece === '') return from
  const back = bordersOf(piece)
  let fit = 0
  for (let i = from; i < to; i++) {
    while (fit > 0 && hay[i] !== piece[fit]) fit = back[fit - 1]!
    if (hay[i] === piece[fit]) fit++
    if (fit === piece.length) return i + 1
  }
  return -1
}

/** For each beginning of a piece the length of its longest proper beginning that is its end, too. */
const bordersOf = (piece: string): number[] => {
  const back = [0]
  for (let i = 1, fit = 0; i < piece.length; i++) {
    while (fit > 0 && piece[i] !== piece[fit]) fit = back[fit - 1]!
    if (piece[i] === piece[fit]) fit++
    back.push(fit)
  }
  return back
}
