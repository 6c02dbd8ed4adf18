export type ErrorCode =
  | 'BAD_INPUT'
  | 'BAD_CONFIG'
  | 'BAD_BUNDLE'
  | 'BAD_GRAPH'
  | 'BACKEND_ABSENT'
  | 'CANCELLED'
  | 'CONFLICT'
  | 'LIMIT'
  /** A service that is needed does not answer; it is worth trying later. */
  | 'AWAY'

/**
 * An error that callers are expected to catch and show. `message` says what was tried, with which
 * value, and what to do; `code` is stable for scripts.
 */
export class LogbertError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'LogbertError'
    this.code = code
  }
}
