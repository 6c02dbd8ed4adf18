import type { ReadMessage } from '../../bus/kafka/group.ts'

/** A message as it is. */
export interface RawMessage {
  key: string
  value: Buffer | null
  offset: number
  /** Epoch ms. */
  at: number
}

export const readRaw: ReadMessage<RawMessage> = ({ key, value, offset, timestamp }) => [
  { key: key?.toString('utf8') ?? '', value, offset: Number(offset), at: Number(timestamp) },
]
