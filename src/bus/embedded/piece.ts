import type { BusMessage } from '../bus.ts'
import { encodeChunk } from './chunk.ts'

/** Most that a chunk holds; one line that is longer has a chunk of its own. */
const CHUNK_LINES = 4096
const CHUNK_CHARS = 256 << 10

/** A chunk before it has a place. */
export interface Piece {
  count: number
  data: Uint8Array
  earliest: number
  latest: number
}

export const charsOf = ({ text, source, key }: BusMessage): number =>
  text.length + source.length + (key?.length ?? 0)

/** Puts messages of one topic together, and cuts them where a chunk is full. */
export const cutPieces = (lists: readonly (readonly BusMessage[])[]): Piece[] => {
  const pieces: Piece[] = []
  let open: BusMessage[] = []
  let chars = 0
  const cut = (): void => {
    if (open.length > 0) pieces.push(pieceOf(open))
    open = []
    chars = 0
  }
  for (const messages of lists) {
    for (const message of messages) {
      const size = charsOf(message)
      if (open.length === CHUNK_LINES || chars + size > CHUNK_CHARS) cut()
      open.push(message)
      chars += size
    }
  }
  cut()
  return pieces
}

const pieceOf = (messages: readonly BusMessage[]): Piece => {
  let earliest = Number.POSITIVE_INFINITY
  let latest = Number.NEGATIVE_INFINITY
  for (const { arrived } of messages) {
    if (arrived < earliest) earliest = arrived
    if (arrived > latest) latest = arrived
  }
  return {
    count: messages.length,
    data: encodeChunk(messages),
    earliest: Math.floor(earliest),
    latest: Math.ceil(latest),
  }
}
