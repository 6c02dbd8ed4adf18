import { createHash, timingSafeEqual } from 'node:crypto'
import { ProblemError } from './problem.ts'

/** Each may what those before it may. */
export const ROLES = ['viewer', 'operator', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** Bearer tokens by role. All empty: everybody may everything, from this machine only. */
export type AuthTokens = Readonly<Record<Role, readonly string[]>>

export const NO_TOKENS: AuthTokens = { viewer: [], operator: [], admin: [] }

/**
 * Tokens of the environment: `LOGBERT_TOKENS_ADMIN`, `_OPERATOR`, `_VIEWER`, each a list with
 * commas.
 */
export const tokensFrom = (env: Readonly<Record<string, string | undefined>>): AuthTokens => {
  const read = (role: Role): string[] =>
    (env[`LOGBERT_TOKENS_${role.toUpperCase()}`] ?? '')
      .split(',')
      .map(token => token.trim())
      .filter(token => token !== '')
  return { viewer: read('viewer'), operator: read('operator'), admin: read('admin') }
}

export const hasTokens = (tokens: AuthTokens): boolean =>
  ROLES.some(role => tokens[role].length > 0)

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Who a header `Authorization` is. */
export interface Authenticator {
  /** Undefined for no token or one that nobody has. */
  roleOf(authorization: string | undefined): Role | undefined
}

/** Compares digests, all of them each time, so that an answer's time says nothing of a token. */
export const createAuthenticator = (tokens: AuthTokens): Authenticator => {
  const known = ROLES.flatMap(role => tokens[role].map(token => ({ role, sum: digest(token) })))
  if (known.length === 0) return { roleOf: () => 'admin' }
  return {
    roleOf(authorization) {
      const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
      if (token === undefined) return undefined
      const sum = digest(token)
      let found = -1
      for (const each of known) {
        if (timingSafeEqual(each.sum, sum)) found = Math.max(found, ROLES.indexOf(each.role))
      }
      return found < 0 ? undefined : ROLES[found]
    },
  }
}

/** @throws ProblemError 401 without a role, 403 with one that is not enough. */
export const demand = (needed: Role, role: Role | undefined): void => {
  if (role === undefined) {
    throw new ProblemError('unauthorized', {
      status: 401,
      title: 'Unauthorized',
      detail: 'this needs a header `Authorization: Bearer TOKEN` with a token that is known here',
    })
  }
  if (ROLES.indexOf(role) >= ROLES.indexOf(needed)) return
  throw new ProblemError('forbidden', {
    status: 403,
    title: 'Forbidden',
    detail: `this needs the role ${needed}; the token has the role ${role}`,
  })
}
