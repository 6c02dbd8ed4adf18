/**
 * What carries lines from those who write them to the detector, and findings onwards: an embedded
 * log on disk, or Kafka. One interface, one contract suite (`tests/bus/contract.ts`).
 */

/** One message; on the input topic, one line of a log. */
export interface BusMessage {
  /** Any string; what is not well-formed Unicode comes back as it was from the embedded bus only. */
  text: string
  /** Where the line comes from. */
  source: string
  /** Epoch ms. */
  arrived: number
  /** Messages of one key stay in order and in one partition. */
  key?: string
}

/** A message and its place in its partition; offsets rise, and none is used twice. */
export interface StoredMessage extends BusMessage {
  offset: number
}

/** Messages of one partition in order, without gap unless retention took some before they were read. */
export interface BusBatch {
  partition: number
  messages: StoredMessage[]
  /** Offset of the message after the last one: what to commit when all are dealt with. */
  next: number
}

/** One reader of a group. A group has one reader a partition at a time. */
export interface BusConsumer {
  /**
   * The next messages, at most `most`; waits up to `ms` for the first, then gives undefined. One
   * call at a time.
   * @throws LogbertError CANCELLED after `close`
   */
  take(most: number, ms: number): Promise<BusBatch | undefined>
  /**
   * All before `next` are dealt with: a later subscriber of this group goes on from there.
   * @throws LogbertError BAD_INPUT for a partition or an offset that there is not
   */
  commit(partition: number, next: number): Promise<void>
  /** A `take` that waits gives undefined. */
  close(): Promise<void>
}

/** How far a group is in a partition. */
export interface BusLag {
  partition: number
  /** Offset that the next message will get. */
  end: number
  /** First offset that is not dealt with. */
  committed: number
}

/** All given parts must hold; by time, messages between may be left out of a batch. */
export interface ReadRange {
  partition: number
  /** First offset. */
  from?: number
  /** Offset after the last. */
  to?: number
  /** Epoch ms of arrival, inclusive. */
  since?: number
  /** Epoch ms of arrival, exclusive. */
  until?: number
}

export interface Bus {
  /** What a person calls it, for messages. */
  readonly about: string
  /**
   * Takes all messages or none, where nobody is away; resolves when they are safe on disk (or with all brokers in sync).
   * The array must stay as it is until then.
   * @throws LogbertError LIMIT when consumers are too far behind, or the disk takes no more; AWAY
   * when no broker answers, or too few: some of the messages may be there then; BAD_INPUT for a topic name or a time that cannot be
   */
  publish(topic: string, messages: readonly BusMessage[]): Promise<void>
  /**
   * @param from offsets to begin at by partition, instead of what the group has committed; a group
   * that has committed nothing begins at the oldest message.
   * @throws LogbertError CONFLICT for an offset beyond the end: what gave it was another bus
   */
  subscribe(topic: string, group: string, from?: ReadonlyMap<number, number>): Promise<BusConsumer>
  /** A stretch of a partition that is kept still, oldest first, as far as it goes at the call. */
  read(topic: string, range: ReadRange): AsyncIterable<BusBatch>
  /** Single messages in the order asked for; those that retention took, or never were, are undefined. */
  fetch(
    topic: string,
    partition: number,
    offsets: readonly number[],
  ): Promise<(StoredMessage | undefined)[]>
  lag(topic: string, group: string): Promise<BusLag[]>
  /** Ends when all that was published is safe or refused. */
  close(): Promise<void>
}

export const TOPICS = {
  input: 'log-input',
  anomaly: 'log-anomaly',
  rca: 'log-rca',
  dlq: 'log-input-dlq',
} as const
