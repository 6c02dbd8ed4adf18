import { LogbertError } from '../core/errors.ts'

/** The system's word for what went wrong: `ENOENT`. */
export const codeOf = (error: unknown): string | undefined =>
  (error as { code?: string } | undefined)?.code

const REASONS: Record<string, string> = {
  ENOENT: 'it does not exist; check the path',
  ENOTDIR: 'a part of its path is no directory; check the path',
  EACCES: 'it is not permitted; check its owner and mode',
  EROFS: 'its disk may not be written; name another place',
  EISDIR: 'it is a directory; name the files in it (DIR/*.log)',
  ENOSPC: 'the disk is full; free some space, then try again',
  EDQUOT: 'the disk space of this user is used up; free some, then try again',
}

const FULL = ['ENOSPC', 'EDQUOT']

/** Says in words why a path cannot be used: BAD_INPUT, or LIMIT where the disk is full. */
export const pathError = (action: string, path: string, cause: unknown): LogbertError => {
  const code = codeOf(cause) ?? ''
  const why = REASONS[code] ?? (cause instanceof Error ? cause.message : `${cause}`)
  return new LogbertError(
    FULL.includes(code) ? 'LIMIT' : 'BAD_INPUT',
    `${action} ${path} failed: ${why}`,
    { cause },
  )
}
