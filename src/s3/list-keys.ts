import type { Bucket } from './bucket.ts'
import { nameOf } from './fault.ts'

/** An object as it is listed. */
export interface Listed {
  key: string
  etag: string
  bytes: number
}

/** All keys that begin so, page by page, in the order in which the server tells them. */
export async function* listKeys(bucket: Bucket, prefix: string): AsyncGenerator<Listed> {
  let next: string | undefined
  do {
    const page = await bucket.ask('listing', prefix, ({ sdk, client }) =>
      client.send(
        new sdk.ListObjectsV2Command({
          ...{ Bucket: bucket.name, Prefix: prefix },
          ...(next !== undefined && { ContinuationToken: next }),
        }),
      ),
    )
    for (const { Key, ETag = '', Size = 0 } of page.Contents ?? []) {
      if (Key !== undefined) yield { key: Key, etag: ETag, bytes: Size }
    }
    next = page.IsTruncated === true ? page.NextContinuationToken : undefined
  } while (next !== undefined)
}

/**
 * Gives up uploads in several parts that were begun before this time (epoch ms) and never ended: their
 * parts cost space and are not to be seen.
 * @returns how many; none where the server has no such uploads
 */
export const abortUploads = async (
  bucket: Bucket,
  prefix: string,
  before: number,
): Promise<number> => {
  const Bucket = bucket.name
  let aborted = 0
  let next: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {}
  while (next !== undefined) {
    const from: object = next
    const page = await bucket.ask('listing', prefix, ({ sdk, client }) =>
      client
        .send(new sdk.ListMultipartUploadsCommand({ Bucket, Prefix: prefix, ...from }))
        .catch(error => {
          if (nameOf(error) === 'NotImplemented') return undefined
          throw error
        }),
    )
    for (const { Key, UploadId, Initiated } of page?.Uploads ?? []) {
      if (Key === undefined || UploadId === undefined) continue
      if ((Initiated?.getTime() ?? Number.POSITIVE_INFINITY) >= before) continue
      await bucket.ask('removing a broken-off upload of', Key, ({ sdk, client }) =>
        client.send(new sdk.AbortMultipartUploadCommand({ Bucket, Key, UploadId })).catch(error => {
          if (nameOf(error) !== 'NoSuchUpload') throw error
        }),
      )
      aborted++
    }
    next =
      page?.IsTruncated === true && page.NextKeyMarker !== undefined
        ? {
            KeyMarker: page.NextKeyMarker,
            ...(page.NextUploadIdMarker && { UploadIdMarker: page.NextUploadIdMarker }),
          }
        : undefined
  }
  return aborted
}
