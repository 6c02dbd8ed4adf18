/** Longer lines are read up to here: an id of the whole line stands near its beginning. */
const MOST_READ = 500
/** Long enough, and with digits enough, that two requests do not share it by chance. */
const LEAST_LENGTH = 8
const LEAST_DIGITS = 4
/** Without any letter it could be a size or a time, unless it is very long. */
const LEAST_PLAIN = 12

const isDigit = (c: number): boolean => c >= 48 && c <= 57
const isLetter = (c: number): boolean => (c >= 97 && c <= 122) || (c >= 65 && c <= 90)
const isToken = (c: number): boolean => isDigit(c) || isLetter(c) || c === 45 || c === 95
const DATE = /^\d{4}-\d\d-\d\d/

/** Whether a token can name one request, order or trace, and hardly anything else. */
export const isRequestId = (token: string): boolean => {
  if (token.length < LEAST_LENGTH) return false
  let digits = 0
  let letters = 0
  for (let i = 0; i < token.length; i++) {
    const c = token.charCodeAt(i)
    if (isDigit(c)) digits++
    else if (isLetter(c)) letters++
  }
  if (letters === 0) return digits >= LEAST_PLAIN
  return digits >= LEAST_DIGITS && !DATE.test(token)
}

/** Adds to `ids`, up to `most` in all, what in a text can name one request. */
export const findRequestIds = (text: string, ids: Set<string>, most: number): void => {
  const length = Math.min(text.length, MOST_READ)
  for (let i = 0; i < length && ids.size < most; i++) {
    if (!isToken(text.charCodeAt(i))) continue
    const start = i
    let digits = 0
    for (; i < text.length && isToken(text.charCodeAt(i)); i++) {
      if (isDigit(text.charCodeAt(i))) digits++
    }
    if (digits < LEAST_DIGITS || i - start < LEAST_LENGTH) continue
    const token = text.slice(start, i)
    if (isRequestId(token)) ids.add(token)
  }
}
