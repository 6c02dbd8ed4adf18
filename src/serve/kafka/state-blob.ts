import { promisify } from 'node:util'
import { constants, zstdCompress, zstdDecompress } from 'node:zlib'
import type { StreamState } from '../../core/pipeline/stream-types.ts'
import type { PlacedLine } from './line-store.ts'

/** What a worker remembers of one partition. */
export interface PartitionState {
  state: StreamState
  /** The lines of what is open. */
  lines: readonly PlacedLine[]
  /** What its reader remembers, as plain JSON. */
  reader?: unknown
}

const FORM = 'partition/1'
/** With a checksum: bytes that are damaged are no state. */
const PARAMS = { [constants.ZSTD_c_checksumFlag]: 1 }
const compress = (text: string): Promise<Buffer> =>
  promisify(zstdCompress)(text, { params: PARAMS })
const decompress = promisify(zstdDecompress)

interface Written {
  form: string
  state: StreamState
  sources: string[]
  /** Each line's source by its place in `sources`. */
  of: number[]
  positions: number[]
  arrived: number[]
  texts: string[]
  origins?: (string | null)[]
  keys?: (readonly string[] | null)[]
  reader?: unknown
}

/** Written by columns, which compress well. */
export const writeState = async ({ state, lines, reader }: PartitionState): Promise<Uint8Array> => {
  const sources = new Map<string, number>()
  const of = lines.map(({ source }) => {
    const known = sources.get(source)
    if (known !== undefined) return known
    sources.set(source, sources.size)
    return sources.size - 1
  })
  const written: Written = {
    ...{ form: FORM, state, sources: [...sources.keys()], of },
    positions: lines.map(({ position }) => position),
    arrived: lines.map(({ arrived }) => arrived),
    texts: lines.map(({ text }) => text),
    ...(lines.some(({ origin }) => origin !== undefined) && {
      origins: lines.map(({ origin }) => origin ?? null),
      keys: lines.map(({ keys }) => keys ?? null),
    }),
    ...(reader !== undefined && { reader }),
  }
  return compress(JSON.stringify(written))
}

/** Undefined for what another version wrote. */
export const readState = async (bytes: Uint8Array): Promise<PartitionState | undefined> => {
  const written: Written = JSON.parse((await decompress(bytes)).toString('utf8'))
  if (written.form !== FORM) return undefined
  const { state, sources, of, positions, arrived, texts, origins, keys, reader } = written
  const lines = texts.map((text, i) => ({
    ...{ text, source: sources[of[i]!]!, arrived: arrived[i]!, position: positions[i]! },
    ...(origins?.[i] != null && { origin: origins[i] }),
    ...(keys?.[i] != null && { keys: keys[i] }),
  }))
  return { state, lines, ...(reader !== undefined && { reader }) }
}
