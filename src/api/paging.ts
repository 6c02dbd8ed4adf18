import { Buffer } from 'node:buffer'
import { LogbertError } from '../core/errors.ts'
import type { Page, PageRequest } from '../db/database.ts'

const DEFAULT_LIMIT = 50

/**
 * A page of a list that is in memory. The cursor names the last item given; where that is gone, the
 * list is over.
 * @throws LogbertError BAD_INPUT for a cursor that no page of this list gave
 */
export const pageOfItems = <T>(
  list: string,
  items: readonly T[],
  nameOf: (item: T) => string,
  { limit = DEFAULT_LIMIT, cursor }: PageRequest,
): Page<T> => {
  const start = cursor === undefined ? 0 : placeAfter(list, items.map(nameOf), cursor)
  const page = items.slice(start, start + limit)
  const last = page.at(-1)
  const more = last !== undefined && start + limit < items.length
  return { items: page, next: more ? encode(list, nameOf(last)) : null }
}

const encode = (list: string, name: string): string =>
  Buffer.from(JSON.stringify([list, name])).toString('base64url')

const placeAfter = (list: string, names: readonly string[], cursor: string): number => {
  try {
    const [own, name] = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    const at = names.indexOf(name)
    if (own === list) return at < 0 ? names.length : at + 1
  } catch {
    // Told below.
  }
  throw new LogbertError(
    'BAD_INPUT',
    `listing ${list} failed: no page gave this cursor; send \`next\` of the page before as it is`,
  )
}
