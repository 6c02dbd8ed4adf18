import type { SqlValue } from './connection.ts'

/** Conditions that all must hold, with their values in order. */
export interface Where {
  readonly values: readonly SqlValue[]
  add(condition: string, ...values: SqlValue[]): void
  /** `column` is one of a few; none when there are none to be. Nothing is asked when absent. */
  among(column: string, few: readonly SqlValue[] | undefined): void
  /** `WHERE …`, or nothing. */
  sql(): string
}

export const createWhere = (): Where => {
  const conditions: string[] = []
  const values: SqlValue[] = []
  const add = (condition: string, ...more: SqlValue[]): void => {
    conditions.push(condition)
    values.push(...more)
  }
  return {
    values,
    add,
    among(column, few) {
      if (few !== undefined) add(`${column} IN (${few.map(() => '?').join(', ')})`, ...few)
    },
    sql: () => (conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`),
  }
}
