import { type ErrorCode, LogbertError } from '../core/errors.ts'

/** Where it was tried. */
export interface S3Where {
  /** Undefined for that of AWS, or of the SDK's own configuration. */
  endpoint?: string
  bucket: string
  /** '' for the bucket itself. */
  key: string
}

/** Word of the server for what went wrong (`NoSuchKey`), else that of the system (`ECONNREFUSED`). */
export const nameOf = (cause: unknown): string => {
  const { name = '', code = '' } = (cause ?? {}) as { name?: string; code?: string }
  return /^(?:Error|TimeoutError|DNSException)?$/.test(name) ? code || name : name
}

/** HTTP status of the answer; undefined when there was none. */
export const statusOf = (cause: unknown): number | undefined =>
  (cause as { $metadata?: { httpStatusCode?: number } } | null)?.$metadata?.httpStatusCode

/** How often it was tried. */
export const attemptsOf = (cause: unknown): number =>
  (cause as { $metadata?: { attempts?: number } } | null)?.$metadata?.attempts ?? 1

/** Whether it comes from S3, the network, or the SDK's own configuration; all else is a bug of ours. */
export const isS3Fault = (cause: unknown): boolean =>
  (cause as { $metadata?: unknown } | null)?.$metadata !== undefined ||
  Object.hasOwn(BY_NAME, nameOf(cause)) ||
  SYSTEM.test(nameOf(cause)) ||
  NO_REGION.test(`${cause}`)

/** `ECONNREFUSED`, but not the runtime's own `ERR_…`. */
const SYSTEM = /^E(?!RR_)[A-Z_]+$/
const NO_REGION = /Region is missing/

type Words = [code: ErrorCode, words: string]

const SECRETS = 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'

const BY_NAME: Record<string, (where: S3Where, cause: unknown) => Words> = {
  NoSuchBucket: ({ bucket }) => [
    'BAD_CONFIG',
    `there is no bucket ${bucket}; make it, or correct the address`,
  ],
  NoSuchKey: () => ['BAD_INPUT', 'there is no such object; check bucket and key'],
  InvalidAccessKeyId: () => [
    'BAD_CONFIG',
    `the access key is not known there; correct ${SECRETS}, or whatever else gives credentials here`,
  ],
  SignatureDoesNotMatch: () => [
    'BAD_CONFIG',
    `the secret does not belong to the access key; correct ${SECRETS}`,
  ],
  ExpiredToken: () => ['BAD_CONFIG', 'the credentials have expired; get new ones'],
  CredentialsProviderError: () => [
    'BAD_CONFIG',
    `no credentials were found; set ${SECRETS}, or a profile, or give the machine a role`,
  ],
  RequestTimeTooSkewed: () => [
    'BAD_CONFIG',
    "this machine's clock and that of S3 differ by too much; set it right",
  ],
  PermanentRedirect: elsewhere,
  AuthorizationHeaderMalformed: elsewhere,
  IllegalLocationConstraintException: elsewhere,
  InvalidObjectState: () => [
    'BAD_INPUT',
    'it is archived (a cold storage class); restore it first',
  ],
  NotImplemented: () => ['BAD_CONFIG', 'that server cannot do this; use another one'],
}

function elsewhere({ bucket }: S3Where, cause: unknown): Words {
  const headers = (cause as { $response?: { headers?: Record<string, string> } } | null)?.$response
    ?.headers
  const region = headers?.['x-amz-bucket-region']
  const which = region === undefined ? 'its region' : region
  return ['BAD_CONFIG', `the bucket ${bucket} is in another region; set s3.region to ${which}`]
}

/**
 * Says in words why S3 did not do it: BAD_CONFIG where something is to be set right, AWAY where it
 * is to be tried later.
 */
export const s3Error = (action: string, where: S3Where, cause: unknown): LogbertError => {
  if (cause instanceof LogbertError) return cause
  const { endpoint, bucket, key } = where
  const at = endpoint === undefined ? '' : ` at ${endpoint}`
  const [code, why] = wordsOf(where, cause)
  return new LogbertError(code, `${action} s3://${bucket}/${key}${at} failed: ${why}`, { cause })
}

const wordsOf = (where: S3Where, cause: unknown): Words => {
  const name = nameOf(cause)
  const said = cause instanceof Error ? cause.message : `${cause}`
  const known = Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined
  if (known !== undefined) return known(where, cause)
  const status = statusOf(cause)
  if (status === 301) return elsewhere(where, cause)
  if (status === 401 || status === 403) {
    return [
      'BAD_CONFIG',
      `the credentials do not permit it (${name}); allow s3:ListBucket on the bucket, and ` +
        's3:GetObject, s3:PutObject, s3:DeleteObject on what is in it, as far as it is needed',
    ]
  }
  if (NO_REGION.test(said)) {
    return ['BAD_CONFIG', 'no region is set; set s3.region, or AWS_REGION']
  }
  if (/XML parse error/i.test(said) && status !== 503) {
    return [
      'BAD_CONFIG',
      `what answers there does not speak S3 (HTTP ${status}); correct s3.endpoint`,
    ]
  }
  if (status === 429 || (status !== undefined && status >= 500)) {
    return ['AWAY', `S3 is not able to answer now (${name || 'HTTP'} ${status}); try again later`]
  }
  if (status === undefined && SYSTEM.test(name)) {
    const how = name === 'ETIMEDOUT' ? ' in time' : `: ${said}`
    return ['AWAY', `nobody answers${how}; see whether it runs, and whether s3.endpoint is right`]
  }
  if (/SSL|TLS|certificate/i.test(`${name} ${said}`)) {
    return ['BAD_CONFIG', `TLS fails: ${said}; see whether s3.endpoint is http:// or https://`]
  }
  return [status === undefined ? 'AWAY' : 'BAD_INPUT', `${said} (${name || status})`]
}
