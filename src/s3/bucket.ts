import { connectS3, type S3, type S3Options, TIMEOUT_MS } from './client.ts'
import { isS3Fault, s3Error } from './fault.ts'

/** A bucket that is asked for things, every fault in words. */
export interface Bucket {
  readonly name: string
  /** Address of the server, if it is not that of AWS. */
  readonly endpoint?: string
  /** Longest wait for a piece of an answer. */
  readonly timeoutMs: number
  /**
   * @param action what is tried, for messages: `reading`
   * @param key what with; '' for the bucket itself
   * @throws LogbertError that says in words what S3 or the network answered
   */
  ask<T>(action: string, key: string, work: (s3: S3) => Promise<T>): Promise<T>
}

export const openBucket = (name: string, options: S3Options = {}): Bucket => {
  const { endpoint, timeoutMs = TIMEOUT_MS } = options
  const at = { bucket: name, ...(endpoint !== undefined && { endpoint }) }
  return {
    name,
    ...(endpoint !== undefined && { endpoint }),
    timeoutMs,
    async ask(action, key, work) {
      try {
        return await work(await connectS3(options))
      } catch (cause) {
        throw isS3Fault(cause) ? s3Error(action, { ...at, key }, cause) : cause
      }
    },
  }
}
