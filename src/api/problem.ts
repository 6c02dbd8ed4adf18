import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { ErrorCode, LogbertError } from '../core/errors.ts'

/** One fault of a request: JSON pointer of where it is, and what is wrong there. */
export interface Fault {
  pointer: string
  detail: string
}

export interface Problem {
  status: ContentfulStatusCode
  title: string
  detail: string
  faults?: readonly Fault[]
  /** Seconds after which another try makes sense. */
  retryAfter?: number
}

/** Thrown by routes, answered as RFC 9457 problem details. `reason` is what metrics count. */
export class ProblemError extends Error {
  readonly problem: Problem
  readonly reason: string

  constructor(reason: string, problem: Problem) {
    super(problem.detail)
    this.name = 'ProblemError'
    this.problem = problem
    this.reason = reason
  }
}

/** The published form (RFC 9457); `errors` lists every fault with its JSON pointer (RFC 6901). */
export const problemBody = ({ faults, retryAfter: _, ...problem }: Problem) => ({
  type: 'about:blank',
  ...problem,
  ...(faults && { errors: faults }),
})

export const answerProblem = (c: Context, problem: Problem): Response =>
  c.json(problemBody(problem), problem.status, {
    'content-type': 'application/problem+json',
    ...(problem.retryAfter !== undefined && { 'retry-after': `${problem.retryAfter}` }),
    ...(problem.status === 401 && { 'www-authenticate': 'Bearer' }),
  })

/** 400: the request cannot be read as what it says it is. */
export const badRequest = (detail: string, faults?: readonly Fault[]): ProblemError =>
  new ProblemError('bad_request', {
    status: 400,
    title: 'Bad request',
    detail,
    ...(faults && { faults }),
  })

/** 422: it was read, and what it says has faults; each is named. */
export const faulty = (detail: string, faults: readonly Fault[]): ProblemError =>
  new ProblemError('faulty', { status: 422, title: 'Faulty content', detail, faults })

export const notFound = (detail: string): ProblemError =>
  new ProblemError('not_found', { status: 404, title: 'Not found', detail })

export const tooLarge = (reason: string, detail: string): ProblemError =>
  new ProblemError(reason, { status: 413, title: 'Content too large', detail })

export const wrongType = (detail: string): ProblemError =>
  new ProblemError('wrong_type', { status: 415, title: 'Unsupported media type', detail })

export const noModel = (): ProblemError =>
  new ProblemError('no_model', {
    status: 503,
    title: 'No model',
    detail: 'there is no trained model yet; POST /train first',
    retryAfter: 30,
  })

const BY_CODE: Record<ErrorCode, Omit<Problem, 'detail'>> = {
  BAD_INPUT: { status: 400, title: 'Bad request' },
  BAD_CONFIG: { status: 400, title: 'Bad request' },
  BAD_BUNDLE: { status: 503, title: 'Model not usable' },
  BAD_GRAPH: { status: 503, title: 'Model not usable' },
  BACKEND_ABSENT: { status: 503, title: 'Backend absent' },
  CANCELLED: { status: 503, title: 'Cancelled', retryAfter: 5 },
  CONFLICT: { status: 409, title: 'Conflict' },
  LIMIT: { status: 429, title: 'Too much at once', retryAfter: 5 },
  AWAY: { status: 503, title: 'A service is away', retryAfter: 5 },
}

/** What callers are told of an error that the core or a driver threw. */
export const problemOf = (error: LogbertError): ProblemError =>
  new ProblemError(error.code.toLowerCase(), { ...BY_CODE[error.code], detail: error.message })
