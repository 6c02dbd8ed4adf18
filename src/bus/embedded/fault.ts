import { LogbertError } from '../../core/errors.ts'

/** Primary result codes of SQLite (sqlite.org/rescode.html). */
const BUSY = 5
const NO_MEMORY = 7
const READ_ONLY = 8
const IO = 10
const CORRUPT = 11
const FULL = 13
const CANNOT_OPEN = 14
const TOO_BIG = 18
const NO_DATABASE = 26

const codeOf = (error: unknown): number | undefined => {
  const code = (error as { errcode?: unknown } | undefined)?.errcode
  return typeof code === 'number' ? code & 0xff : undefined
}

/** Another connection writes at the moment. */
export const isBusy = (error: unknown): boolean => codeOf(error) === BUSY

const ADVICE: Record<number, [code: 'LIMIT' | 'BAD_INPUT', what: string]> = {
  [BUSY]: ['LIMIT', 'another process keeps it locked; stop that one or try again'],
  [NO_MEMORY]: ['LIMIT', 'there is no memory left; send less at a time'],
  [READ_ONLY]: ['BAD_INPUT', 'it may not be written; let this user write the file and its folder'],
  [IO]: ['LIMIT', 'the disk gave an error; check it and its free space, then try again'],
  [CORRUPT]: ['BAD_INPUT', 'it is damaged; restore it, or move it away to begin with an empty one'],
  [FULL]: [
    'LIMIT',
    'disk or file are full; free space, let retention keep less, or raise the limit, then try again',
  ],
  [CANNOT_OPEN]: ['BAD_INPUT', 'it cannot be opened; check that its folder is there and writable'],
  [TOO_BIG]: ['LIMIT', 'a message is too large; cut it'],
  [NO_DATABASE]: ['BAD_INPUT', 'it is no file of a bus; name another one or move it away'],
}

/** What SQLite threw, told in terms of the bus; anything else as it is. */
export const faultOf = (doing: string, file: string, cause: unknown): unknown => {
  const advice = ADVICE[codeOf(cause) ?? -1]
  if (advice === undefined) return cause
  const [code, what] = advice
  const why = cause instanceof Error ? cause.message : `${cause}`
  return new LogbertError(code, `${doing} failed: ${file}: ${what} (SQLite: ${why})`, { cause })
}

/** Runs a part that uses the database; what SQLite throws becomes a LogbertError. */
export const telling = <T>(doing: string, file: string, run: () => T): T => {
  try {
    return run()
  } catch (error) {
    throw faultOf(doing, file, error)
  }
}
