import { Buffer } from 'node:buffer'
import { LogbertError } from '../core/errors.ts'
import type { Connection } from './connection.ts'
import type { Where } from './where.ts'

export interface Page<T> {
  items: T[]
  /** For the next page; null at the end. */
  next: string | null
}

/** @throws LogbertError BAD_INPUT (by the lists) for a limit out of range or a cursor of no page */
export interface PageRequest {
  /** 1 to 1000; 50 when absent. */
  limit?: number
  /** `next` of the page before, of the same list. */
  cursor?: string
}

const DEFAULT_LIMIT = 50
const MOST = 1000

/** What a list is sorted by, newest first: a time and, among equal times, the row. */
export interface SortKey {
  at: number
  n: number
}

/** Opaque for callers: the sort key of the last row given, with the name of the list. */
export const encodeCursor = (list: string, { at, n }: SortKey): string =>
  Buffer.from(JSON.stringify([list, at, n])).toString('base64url')

/** @throws LogbertError BAD_INPUT for a cursor that no page of this list gave. */
export const decodeCursor = (list: string, cursor: string): SortKey => {
  try {
    const [name, at, n] = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    const key = { at, n }
    if (name === list && typeof at === 'number' && typeof n === 'number') {
      // Decoding is lenient: what it skipped shows when the key is encoded again.
      if (encodeCursor(list, key) === cursor) return key
    }
  } catch {
    // Told below, like every cursor that is none.
  }
  const shown = cursor.length > 80 ? `${cursor.slice(0, 80)}…` : cursor
  throw new LogbertError(
    'BAD_INPUT',
    `listing ${list} from the cursor ${JSON.stringify(shown)} failed: no page gave it; send ` +
      '`next` of the page before as it is, or leave the cursor out',
  )
}

/** @throws LogbertError BAD_INPUT for a number of rows that is not whole or out of range. */
export const readLimit = (list: string, limit = DEFAULT_LIMIT): number => {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MOST) return limit
  throw new LogbertError(
    'BAD_INPUT',
    `listing ${limit} ${list} failed: the limit must be a whole number from 1 to ${MOST}`,
  )
}

export interface ListPlan<R, T> {
  /** What is listed, for messages and cursors. */
  list: string
  /** `SELECT … FROM …`, with the sort key as `at` and `n` among its columns. */
  select: string
  /** The column that is the time of the sort key. */
  at: string
  /** The column that is its row; `n` when absent. */
  n?: string
  where: Where
  read(row: R): T
}

/** One page, newest first. Rows added while somebody turns pages neither shift nor double others. */
export const listPage = <R, T>(
  connection: Connection,
  plan: ListPlan<R & SortKey, T>,
  request: PageRequest,
): Page<T> => {
  const { list, select, where, at, n = 'n' } = plan
  const limit = readLimit(list, request.limit)
  if (request.cursor !== undefined) {
    const key = decodeCursor(list, request.cursor)
    where.add(`(${at}, ${n}) < (?, ?)`, key.at, key.n)
  }
  const rows = connection.all<R & SortKey>(
    `${select} ${where.sql()} ORDER BY ${at} DESC, ${n} DESC LIMIT ?`,
    ...where.values,
    limit + 1,
  )
  const items = rows.slice(0, limit)
  return {
    items: items.map(plan.read),
    next: rows.length > limit ? encodeCursor(list, items[limit - 1]!) : null,
  }
}
