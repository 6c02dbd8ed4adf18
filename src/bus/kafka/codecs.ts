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
    throw absent('LZ4', 'lz4-napi', cause)
  })
  return {
    compress: ({ buffer }) => compressFrame(buffer),
    decompress: bytes => decompressFrame(bytes),
  }
}

/** Trying again does not help, which kafkajs wants to know. */
const absent = (format: string, name: string, cause: Error): LogbertError =>
  Object.assign(
    new LogbertError(
      'BACKEND_ABSENT',
      `messages in ${format} want the package ${name}, which is not there for this machine ` +
        `(${cause.message}); install it (bun add --optional ${name}) and start again, or let who ` +
        'writes compress otherwise (here: kafka.compression)',
    ),
    { retriable: false },
  )
