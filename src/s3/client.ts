import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3'

/** How S3 is reached. */
export interface S3Options {
  /** Address of a server that is not AWS. */
  endpoint?: string
  /** As the AWS SDK finds it when absent; any, for a server of one's own. */
  region?: string
  forcePathStyle?: boolean
  /** As the AWS SDK finds them when absent: environment, profile, role of the machine. */
  credentials?: { accessKeyId: string; secretAccessKey: string }
  /** Tries of a request that nobody answers; the pauses between them grow and are random. */
  attempts?: number
  /** Longest wait for the beginning of an answer, and for each further piece of it. */
  timeoutMs?: number
}

/** The AWS SDK with a client of it. */
export interface S3 {
  sdk: typeof import('@aws-sdk/client-s3')
  client: S3Client
  /** The same for large bodies, which take longer until they are answered. */
  uploader: S3Client
}

export const ATTEMPTS = 4
export const TIMEOUT_MS = 10_000
const UPLOAD_MS = 60_000
const CONNECT_MS = 5_000
/** Servers of one's own have no regions, but signatures name one. */
const ANY_REGION = 'us-east-1'

/** One for all who reach S3 in the same way: connections are kept, and shared. */
const connected = new Map<string, Promise<S3>>()

/** The SDK is loaded with the first request: who uses no S3 does not pay for it. */
export const connectS3 = (options: S3Options): Promise<S3> => {
  const key = JSON.stringify(options)
  const known = connected.get(key) ?? connect(options)
  connected.set(key, known)
  known.catch(() => connected.delete(key))
  return known
}

const connect = async (options: S3Options): Promise<S3> => {
  const sdk = await import('@aws-sdk/client-s3')
  const region = await new sdk.S3Client(clientConfig(options)).config.region().catch(error => {
    if (options.endpoint === undefined) throw error
    return ANY_REGION
  })
  const { timeoutMs = TIMEOUT_MS } = options
  const found = { ...options, region }
  return {
    sdk,
    client: new sdk.S3Client(clientConfig(found)),
    uploader: new sdk.S3Client(
      clientConfig({ ...found, timeoutMs: Math.max(timeoutMs, UPLOAD_MS) }),
    ),
  }
}

const clientConfig = (options: S3Options): S3ClientConfig => {
  const { endpoint, region, forcePathStyle, credentials } = options
  const { attempts = ATTEMPTS, timeoutMs = TIMEOUT_MS } = options
  return {
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(forcePathStyle !== undefined && { forcePathStyle }),
    ...(credentials !== undefined && { credentials }),
    maxAttempts: attempts,
    retryMode: 'standard',
    // AWS tells where a bucket is.
    followRegionRedirects: true,
    // Asked for where a whole object is read: sums of the whole fit no part of it.
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: Math.min(CONNECT_MS, timeoutMs),
      requestTimeout: timeoutMs,
      throwOnRequestTimeout: true,
      // Of many requests at once some wait for a connection: nothing to warn of.
      logger: SILENT,
    },
  }
}

const none = (): void => undefined
const SILENT = { trace: none, debug: none, info: none, warn: none, error: none }
