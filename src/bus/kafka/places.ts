import type { KafkaClient } from './client.ts'
import type { Leader } from './fetch-count.ts'
import type { Commit } from './group.ts'

/** A partition as a group finds it. */
export interface PartitionPlace {
  committed: Commit | undefined
  start: number
  end: number
}

/** @throws what kafkajs throws */
export const placesOf = async (
  client: KafkaClient,
  topic: string,
  groupId: string,
  partitions: readonly number[],
): Promise<Map<number, PartitionPlace>> => {
  const admin = await client.admin()
  const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] })
  // After what is committed, which so is never behind the end.
  const ends = await admin.fetchTopicOffsets(topic)
  return new Map(
    partitions.map(partition => {
      const saved = offsets?.partitions.find(each => each.partition === partition)
      const end = ends.find(each => each.partition === partition)
      const committed =
        Number(saved?.offset ?? -1) >= 0
          ? { next: Number(saved!.offset), note: saved!.metadata ?? '' }
          : undefined
      return [partition, { committed, start: Number(end?.low ?? 0), end: Number(end?.high ?? 0) }]
    }),
  )
}

/** Of each partition. @throws what kafkajs throws */
export const leadersOf = async (
  client: KafkaClient,
  topic: string,
): Promise<Map<number, Leader>> => {
  const admin = await client.admin()
  const [{ topics }, { brokers }] = await Promise.all([
    admin.fetchTopicMetadata({ topics: [topic] }),
    admin.describeCluster(),
  ])
  const addresses = new Map(brokers.map(each => [each.nodeId, `${each.host}:${each.port}`]))
  return new Map(
    topics[0]?.partitions.map(({ partitionId, leader }) => [
      partitionId,
      { node: leader, address: addresses.get(leader) },
    ]),
  )
}
