import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'

/** One fault of a request: JSON pointer of where it is, and what is wrong there. */
export interface Fault {
  pointer: string
  detail: string
}

export interface Problem {
  status: ContentfulStatusCode
  title: string
  detail: string
  faults?: Fault[]
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

/** RFC 9457 problem details; `errors` lists every fault with its JSON pointer (RFC 6901). */
export const answerProblem = (c: Context, { faults, ...problem }: Problem): Response =>
  c.json({ type: 'about:blank', ...problem, ...(faults && { errors: faults }) }, problem.status, {
    'content-type': 'application/problem+json',
  })

export const badRequest = (detail: string, faults?: Fault[]): ProblemError =>
  new ProblemError('bad_request', {
    status: 400,
    title: 'Bad request',
    detail,
    ...(faults && { faults }),
  })

export const tooLarge = (reason: string, detail: string): ProblemError =>
  new ProblemError(reason, { status: 413, title: 'Content too large', detail })

export const noModel = (): ProblemError =>
  new ProblemError('no_model', {
    status: 503,
    title: 'No model',
    detail: 'there is no trained model yet; POST /train with {"file": …} first',
  })
