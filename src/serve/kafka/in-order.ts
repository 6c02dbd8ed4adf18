import { createTurns } from '../pipeline/turns.ts'
import type { DecisionRecord } from './decision-record.ts'
import type { RawMessage } from './raw.ts'

export interface InOrderDeps {
  /** How far findings have been taken over before, by partition. */
  from: ReadonlyMap<number, number>
  /** Resolves when all decisions that were made before this node began are known. */
  known: Promise<void>
  find(messages: readonly RawMessage[], partition: number, next: number): Promise<void>
  decide(record: DecisionRecord, place: DecisionPlace): Promise<void>
}

export interface DecisionPlace {
  partition: number
  offset: number
}

/**
 * Findings and decisions come in two topics and belong in one order: a decision comes after what the
 * node that was asked knew of, and before what it did not. So a node that comes late, or was away,
 * comes to show what those show that were there.
 */
export interface InOrder {
  findings(messages: readonly RawMessage[], partition: number, next: number): Promise<void>
  decision(record: DecisionRecord, place: DecisionPlace): Promise<void>
  /** Findings of a partition begin here: what was before is gone. */
  begins(partition: number, offset: number): void
  /** How far findings have been taken over. */
  after(): DecisionRecord['after']
}

export const createInOrder = ({ from, known, find, decide }: InOrderDeps): InOrder => {
  const positions = new Map(from)
  const turns = createTurns()
  /** Decisions whose time has not come, in their order. */
  let waiting: { record: DecisionRecord; place: DecisionPlace }[] = []

  const isDue = ({ after }: DecisionRecord): boolean =>
    after.every(([partition, next]) => (positions.get(partition) ?? 0) >= next)
  const decideDue = async (): Promise<void> => {
    for (;;) {
      const [first] = waiting
      if (first === undefined || !isDue(first.record)) return
      await decide(first.record, first.place)
      waiting = waiting.slice(1)
    }
  }
  /** Findings before the next decision, if some of these come after it. */
  const limitIn = (partition: number): number => {
    const [first] = waiting
    if (first === undefined) return Number.POSITIVE_INFINITY
    return new Map(first.record.after).get(partition) ?? 0
  }
  return {
    async findings(messages, partition, next) {
      await known
      await turns.take(async () => {
        let rest = messages
        while (rest.length > 0) {
          await decideDue()
          const limit = limitIn(partition)
          const cut = rest.findIndex(({ offset }) => offset >= limit)
          // Where it waits for another partition, too, this one cannot wait for it.
          const part = cut <= 0 ? rest : rest.slice(0, cut)
          const upTo = cut <= 0 ? next : rest[cut]!.offset
          await find(part, partition, upTo)
          positions.set(partition, upTo)
          rest = rest.slice(part.length)
        }
        await decideDue()
      })
    },
    decision: (record, place) =>
      turns.take(async () => {
        waiting.push({ record, place })
        await decideDue()
      }),
    begins(partition, offset) {
      if (offset <= (positions.get(partition) ?? 0)) return
      positions.set(partition, offset)
      void turns.take(decideDue)
    },
    after: () => [...positions],
  }
}
