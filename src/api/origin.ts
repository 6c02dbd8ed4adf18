import { ProblemError } from './problem.ts'

export const LOOPBACK: readonly string[] = ['127.0.0.1', 'localhost', '[::1]']

/**
 * Another site's page in the user's browser must not reach a server on loopback: neither directly
 * (Origin) nor through a name that it lets point here (Host).
 * @param hosts names under which requests may come; all when undefined
 * @throws ProblemError 403
 */
export const checkOrigin = (
  hosts: readonly string[] | undefined,
  host: string | undefined,
  origin: string | undefined,
): void => {
  const name = host === undefined ? undefined : hostName(`http://${host}`)
  const known = hosts === undefined || name === undefined || hosts.includes(name)
  const own = origin === undefined || origin === `http://${host}` || origin === `https://${host}`
  if (known && own) return
  throw new ProblemError('foreign_origin', {
    status: 403,
    title: 'Forbidden',
    detail: known
      ? `requests from pages of ${origin} are not answered`
      : `requests to the host ${name} are not answered; without tokens only this machine is ` +
        '(set LOGBERT_TOKENS_ADMIN to open it)',
  })
}

const hostName = (url: string): string => {
  try {
    return new URL(url).hostname
  } catch {
    return ''
  }
}
