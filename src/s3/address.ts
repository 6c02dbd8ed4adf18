import { LogbertError } from '../core/errors.ts'

/** A bucket, and what keys in it begin with: '' or something that ends in '/'. */
export interface S3Place {
  bucket: string
  prefix: string
}

export const isS3 = (address: string): boolean => /^s3:\/\//i.test(address)

/**
 * Reads `s3://bucket/prefix`; the prefix is taken for a folder.
 * @throws LogbertError BAD_CONFIG for what is no such address
 */
export const s3Place = (address: string): S3Place => {
  const { bucket, key } = splitS3(address)
  const parts = key.split('/').filter(part => part !== '')
  if (parts.some(part => part === '.' || part === '..')) throw noAddress(address)
  return { bucket, prefix: parts.map(part => `${part}/`).join('') }
}

/** Bucket and key, which may be empty, of `s3://bucket/key`. @throws LogbertError BAD_CONFIG */
export const splitS3 = (address: string): { bucket: string; key: string } => {
  const [, bucket, key = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/is.exec(address) ?? []
  if (bucket === undefined || !BUCKET.test(bucket)) throw noAddress(address)
  return { bucket, key }
}

/** Names of buckets, old ones among them; no server takes others. */
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/

const noAddress = (address: string): LogbertError =>
  new LogbertError(
    'BAD_CONFIG',
    `using ${JSON.stringify(address)} failed: it is no address of S3; give s3://BUCKET/PREFIX, the ` +
      "bucket in letters, digits, '-' and '.'",
  )
