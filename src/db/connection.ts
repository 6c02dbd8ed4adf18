import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { LogbertError } from '../core/errors.ts'
import { createLru } from '../core/logbert/lru.ts'
import { explainError } from './sqlite-error.ts'

export type SqlValue = string | number | null | Uint8Array

/** One thread's way to the file. Every call runs to its end; statements are prepared once. */
export interface Connection {
  readonly file: string
  /** @returns rows changed, and the row id of the last one that was added */
  run(sql: string, ...values: SqlValue[]): { changes: number; row: number }
  get<T>(sql: string, ...values: SqlValue[]): T | undefined
  all<T>(sql: string, ...values: SqlValue[]): T[]
  /** Several statements without values. */
  script(sql: string): void
  transaction<T>(run: () => T): T
  close(): void
}

/** Lists are asked for in many ways; each way is a statement of its own. */
const MOST_STATEMENTS = 200

/** @throws LogbertError BAD_INPUT when the file cannot be opened. */
export const connect = (file: string): Connection => {
  const say = <T>(work: () => T): T => {
    try {
      return work()
    } catch (error) {
      throw explainError(file, error)
    }
  }
  const raw = say(() => new DatabaseSync(file))
  const statements = createLru<StatementSync>(MOST_STATEMENTS)
  let depth = 0
  let open = true

  const prepare = (sql: string): StatementSync => {
    const known = statements.get(sql)
    if (known !== undefined) return known
    const statement = raw.prepare(sql)
    statements.set(sql, statement)
    return statement
  }
  /** A full disk makes SQLite roll back by itself: what comes after must not be stored alone. */
  const assertAlive = (): void => {
    if (depth === 0 || raw.isTransaction) return
    throw new LogbertError(
      'LIMIT',
      `using the database ${file} failed: an error has undone the transaction; begin it again`,
    )
  }
  const use = <T>(sql: string, work: (statement: StatementSync) => T): T =>
    say(() => {
      assertAlive()
      return work(prepare(sql))
    })

  const undo = (): void => {
    if (!raw.isTransaction) return
    if (depth === 1) raw.exec('ROLLBACK')
    else raw.exec('ROLLBACK TO inner_step; RELEASE inner_step')
  }
  const transaction = <T>(run: () => T): T => {
    use(depth === 0 ? 'BEGIN IMMEDIATE' : 'SAVEPOINT inner_step', statement => statement.run())
    depth++
    try {
      const result = run()
      if (result instanceof Promise) {
        throw new TypeError('a transaction must be over when its function returns: use no promise')
      }
      use(depth === 1 ? 'COMMIT' : 'RELEASE inner_step', statement => statement.run())
      return result
    } catch (error) {
      undo()
      throw error
    } finally {
      depth--
    }
  }

  return {
    file,
    run: (sql, ...values) =>
      use(sql, statement => {
        const { changes, lastInsertRowid } = statement.run(...values)
        return { changes: Number(changes), row: Number(lastInsertRowid) }
      }),
    get: <T>(sql: string, ...values: SqlValue[]) =>
      use(sql, statement => statement.get(...values)) as T | undefined,
    all: <T>(sql: string, ...values: SqlValue[]) =>
      use(sql, statement => statement.all(...values)) as T[],
    script: sql =>
      say(() => {
        assertAlive()
        raw.exec(sql)
      }),
    transaction,
    close() {
      if (open) raw.close()
      open = false
    },
  }
}
