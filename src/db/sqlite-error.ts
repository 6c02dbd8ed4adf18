import { type ErrorCode, LogbertError } from '../core/errors.ts'

/**
 * What SQLite says (its words are the same in every runtime, its numbers are not passed on by all),
 * and what a person can do.
 */
const KNOWN: [said: RegExp, code: ErrorCode, words: string][] = [
  [
    /database or disk is full/,
    'LIMIT',
    'the disk is full, nothing of this step was stored; free some space or let retention keep less',
  ],
  [
    /database (?:table )?is locked/,
    'CONFLICT',
    'another thread or program has been writing for too long; try again, and see that only one ' +
      'server uses this file',
  ],
  [/UNIQUE constraint failed/, 'CONFLICT', 'there is one with this id already; take another id'],
  [
    /file is not a database/,
    'BAD_INPUT',
    'this is no database; name another data folder, or move the file away to begin anew',
  ],
  [/malformed/, 'BAD_INPUT', 'the file is damaged; restore a copy, or move it away to begin anew'],
  [
    /unable to open database file/,
    'BAD_INPUT',
    'it cannot be opened; check that its folder exists and may be written, and that it is no folder',
  ],
  [/readonly database/, 'BAD_INPUT', 'it may not be written; check its owner and mode'],
  [
    /disk I\/O error/,
    'LIMIT',
    'the disk could not be read or written; see whether it is full or broken',
  ],
]

/** An error of SQLite in words, where a person can do something; any other error as it is. */
export const explainError = (file: string, error: unknown): unknown => {
  if (!(error instanceof Error) || error instanceof LogbertError) return error
  const known = KNOWN.find(([said]) => said.test(error.message))
  if (known === undefined) return error
  const [, code, words] = known
  return new LogbertError(code, `using the database ${file} failed: ${words} (${error.message})`, {
    cause: error,
  })
}
