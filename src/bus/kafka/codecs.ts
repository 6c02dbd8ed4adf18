import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import kafkajs from 'kafkajs'
import { LogbertError } from '../../core/errors.ts'
import type { Compression } from './settings.ts'

const { CompressionCodecs, CompressionTypes } = kafkajs

/** What kafkajs wants of a codec; its encoder is given an object that wraps the bytes. */
interface Codec {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>
  decompress(bytes: Buffer): Promise<Buffer>
}

export const compressionType = (name: Compression): number =>
  CompressionTypes[name === 'none' ? 'None' : (name.toUpperCase() as 'GZIP')]

/**
 * Registers all codecs: a consumer stops for good at a batch that it has no codec for. Each library
 * is loaded when the first batch of its kind comes.
 */
export const registerCodecs = (): void => {
  const codecs = CompressionCodecs as unknown as Record<number, () => Codec>
  codecs[CompressionTypes.Snappy] = () =>
    late(async () => (await import('kafkajs-snappy')).default())
  codecs[CompressionTypes.LZ4] = () => late(lz4)
  codecs[CompressionTypes.ZSTD] = () => zstd
}

const late = (load: () => Promise<Codec>): Codec => {
  let loading: Promise<Codec> | undefined
  const codec = (): Promise<Codec> => {
    loading ??= load()
    return loading
  }
  return {
    compress: async encoder => (await codec()).compress(encoder),
    decompress: async bytes => (await codec()).decompress(bytes),
  }
}

const zstd: Codec = {
  compress: ({ buffer }) => promisify(zstdCompress)(buffer),
  decompress: bytes => promisify(zstdDecompress)(bytes),
}

/** Kafka wants LZ4's frame format. */
const lz4 = async (): Promise<Codec> => {
  const { compressFrame, decompressFrame } = await import('lz4-napi').catch(cause => {
    throw new LogbertError(
      'BACKEND_ABSENT',
      'reading or writing messages in LZ4 failed: the package lz4-napi is not installed for this ' +
        `machine (${(cause as Error).message})`,
    )
  })
  return {
    compress: ({ buffer }) => compressFrame(buffer),
    decompress: bytes => decompressFrame(bytes),
  }
}
