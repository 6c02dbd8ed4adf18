import { linesOf } from '../../src/bus/kafka/format.ts'
import { joinGroup, type OwnedPartition } from '../../src/bus/kafka/group.ts'
import { clientOf } from './kafka-member.ts'

/**
 * A process that reads as a member of a group, says what it commits, and, where it finds out that it
 * slept, tries to go back to where it began: kafka-child.ts BROKERS TOPIC GROUP
 */
const [brokers, topic, group] = process.argv.slice(2) as [string, string, string]
const client = clientOf(brokers.split(','), { sessionTimeoutSeconds: 2 })
const say = (text: string): void => {
  process.stdout.write(`${text}\n`)
}
const read = async (owned: OwnedPartition): Promise<void> => {
  owned.seek(owned.committed?.next ?? owned.start)
  for (let looked = Date.now(); ; looked = Date.now()) {
    const given = await owned.take(1000, 100)
    if (given === undefined && Date.now() - looked > 1500) {
      const code = await owned.commit(0, 'went back').then(
        () => 'went back',
        error => error.code,
      )
      say(code)
      return
    }
    if (!owned.owned) return
    if (given === undefined) continue
    await owned.commit(given.next, 'child')
    say(`committed ${given.next}`)
  }
}
joinGroup(
  client,
  { topic, groupId: group, read: linesOf },
  {
    assigned: owned => void read(owned).catch(() => undefined),
    lost: () => undefined,
    joined: () => say('joined'),
    failed: error => say(error.message),
  },
)
