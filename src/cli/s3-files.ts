import { isS3 } from '../s3/address.ts'
import type { S3Options } from '../s3/client.ts'
import { type LogObject, readAhead, type S3Logs, s3Logs } from '../s3/s3-logs.ts'
import { type FileSource, localFiles } from './log-files.ts'

/** Files by path, and objects of S3 by address, as they were when they were found. */
export const filesWith = (objects: readonly LogObject[], logs: S3Logs): FileSource => {
  const sizes = new Map(objects.map(({ address, bytes }) => [address, bytes]))
  const open = readAhead(objects, logs.open)
  return {
    open: async path => (sizes.has(path) ? open(path) : localFiles.open(path)),
    size: async path => sizes.get(path) ?? localFiles.size(path),
  }
}

/**
 * What words of a command line name: files as they are, addresses of S3 as the objects they mean.
 * @throws LogbertError BAD_INPUT for an address that means none
 */
export const findFiles = async (
  words: readonly string[],
  s3: S3Options,
): Promise<{ paths: string[]; files: FileSource }> => {
  if (!words.some(isS3)) return { paths: [...words], files: localFiles }
  const logs = s3Logs(s3)
  const found = await Promise.all(words.map(word => (isS3(word) ? logs.find(word) : [])))
  const paths = words.flatMap((word, i) =>
    isS3(word) ? found[i]!.map(({ address }) => address) : [word],
  )
  return { paths, files: filesWith(found.flat(), logs) }
}
