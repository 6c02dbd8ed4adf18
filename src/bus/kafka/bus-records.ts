import { LogbertError } from '../../core/errors.ts'
import type { BusMessage, StoredMessage } from '../bus.ts'
import { ARRIVED, type KafkaLine, PLAIN, SOURCE } from './format.ts'
import type { KafkaRecord } from './producer.ts'

/**
 * The record's time is that of publishing: brokers refuse times far ahead of theirs, and who merges
 * partitions wants to know what was published first. When a line arrived is told beside.
 */
export const recordOf =
  (now: number) =>
  ({ text, source, arrived, key }: BusMessage): KafkaRecord => ({
    value: text,
    timestamp: now,
    headers: {
      [SOURCE]: source,
      [PLAIN.name]: PLAIN.value,
      ...(arrived !== now && { [ARRIVED]: `${arrived}` }),
    },
    ...(key !== undefined && { key }),
  })

export const messageOf = ({ text, source, arrived, key, position }: KafkaLine): StoredMessage => ({
  ...{ text, source, arrived, offset: position },
  ...(key !== undefined && { key }),
})

/** @throws LogbertError BAD_INPUT */
export const checkTime = (arrived: number): void => {
  if (Number.isSafeInteger(arrived) && arrived >= 0 && arrived <= 8.64e15) return
  throw new LogbertError(
    'BAD_INPUT',
    `publishing failed: ${arrived} is no time; give whole milliseconds since 1970`,
  )
}
