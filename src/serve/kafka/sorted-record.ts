import { PLAIN, SOURCE } from '../../bus/kafka/format.ts'
import type { ReadMessage } from '../../bus/kafka/group.ts'
import type { KafkaRecord } from '../../bus/kafka/producer.ts'
import type { SortedLine } from '../../core/pipeline/stream-types.ts'

/** A line sorted by its session, or the word that a partition has been sorted up to a time. */
export interface SortedMessage {
  offset: number
  /** Partition of the input. */
  from: number
  /** Epoch ms; does not fall within a partition of the input. */
  at: number
  /** Absent for a word. */
  line?: {
    text: string
    source: string
    arrived: number
    /** Of the line in its partition, and which of its sessions this is for. */
    position: number
    copy: number
    keys: readonly string[]
  }
}

const MARK = 'mark'
const LINE = 'line'

/** @param at see `SortedMessage` */
export const lineRecord = (
  { line, key, group }: SortedLine,
  from: number,
  at: number,
  copy: number,
): KafkaRecord => ({
  key: group,
  value: line.text,
  headers: {
    [PLAIN.name]: PLAIN.value,
    [SOURCE]: line.source,
    [LINE]: JSON.stringify([
      ...[from, at, line.position, copy, line.arrived],
      ...(key === undefined ? [] : [key]),
    ]),
  },
})

export const markRecord = (partition: number, from: number, at: number): KafkaRecord => ({
  ...{ partition, value: '' },
  headers: { [MARK]: JSON.stringify([from, at]) },
})

export const readSorted: ReadMessage<SortedMessage> = message => {
  const { key, value, headers = {} } = message
  const offset = Number(message.offset)
  const bad = (reason: string) => ({ offset, key, value, headers, reason })
  try {
    const mark = headers[MARK]?.toString()
    if (mark !== undefined) {
      const [from, at] = JSON.parse(mark)
      return [{ offset, from, at }]
    }
    const said = headers[LINE]?.toString()
    if (said === undefined || value === null) return bad('no worker wrote it')
    const [from, at, position, copy, arrived, ...keys] = JSON.parse(said)
    const line = {
      ...{ text: value.toString('utf8'), source: headers[SOURCE]?.toString() ?? '', keys },
      ...{ arrived, position, copy },
    }
    return [{ offset, from, at, line }]
  } catch {
    return bad('its headers are no JSON')
  }
}
