/** A broker that leads a partition. */
export interface Leader {
  node: number
  /** `host:port`; undefined while there is none. */
  address: string | undefined
}

/**
 * Counts, for each partition, fetches that its broker has answered and whose batches have arrived.
 * kafkajs tells of answers before they are decoded, and of ends though a fetch failed.
 */
export interface FetchCount {
  answered(address: string): void
  ended(node: number | string): void
  /** Who leads it now. */
  place(partition: number, leader: Leader): void
  of(partition: number): number
}

export const createFetchCount = (): FetchCount => {
  const addresses = new Map<string, string>()
  const waiting = new Set<string>()
  const counts = new Map<string, number>()
  const places = new Map<number, { node: string; base: number }>()
  const countOf = (node: string): number => counts.get(node) ?? 0
  const of = (partition: number): number => {
    const place = places.get(partition)
    return place === undefined ? 0 : place.base + countOf(place.node)
  }
  return {
    answered: address => void waiting.add(address),
    ended(node) {
      const address = addresses.get(`${node}`)
      if (address === undefined || !waiting.delete(address)) return
      counts.set(`${node}`, countOf(`${node}`) + 1)
    },
    place(partition, { node, address }) {
      if (address !== undefined) addresses.set(`${node}`, address)
      places.set(partition, { node: `${node}`, base: of(partition) - countOf(`${node}`) })
    },
    of,
  }
}
