import { LogbertError } from '../../core/errors.ts'
import type { Catalog, TopicRow } from './catalog.ts'
import type { BusFile } from './file.ts'
import type { Writer } from './writer.ts'

/** How far each group is in each topic. */
export interface Progress {
  /**
   * Offset at which a subscriber begins. From now on the group is known: retention and back-pressure
   * count on it.
   * @throws LogbertError CONFLICT for an offset beyond the end
   */
  begin(topic: string, group: string, from?: number): Promise<number>
  commit(topic: string, group: string, next: number): Promise<void>
  committed(topic: TopicRow, group: string): number
  forget(topic: string, group: string): Promise<boolean>
}

export interface ProgressDeps {
  file: BusFile
  writer: Writer
  catalog: Catalog
}

export const createProgress = ({ file, writer, catalog }: ProgressDeps): Progress => {
  const addTopic = file.writer.prepare('INSERT INTO topic (name) VALUES (?) ON CONFLICT DO NOTHING')
  const add = file.writer.prepare(`
    INSERT INTO progress SELECT id, ?2, ?3 FROM topic WHERE name = ?1 ON CONFLICT DO NOTHING`)
  const set = file.writer.prepare(`
    INSERT INTO progress SELECT id, ?2, ?3 FROM topic WHERE name = ?1
    ON CONFLICT DO UPDATE SET next = excluded.next`)
  const remove = file.writer.prepare(
    'DELETE FROM progress WHERE topic = (SELECT id FROM topic WHERE name = ?) AND name = ?',
  )
  const find = (topic: TopicRow, group: string): number | undefined =>
    catalog.groups(topic.id).find(({ name }) => name === group)?.next

  const committed: Progress['committed'] = (topic, group) =>
    Math.max(find(topic, group) ?? 0, catalog.oldest(topic))

  return {
    async begin(topic, group, from) {
      const row = catalog.topic(topic)
      const end = row?.next ?? 0
      if (from !== undefined) checkStart(topic, group, from, end)
      const at = from ?? (row ? committed(row, group) : 0)
      if (row === undefined || find(row, group) === undefined) {
        await writer.write(`subscribing ${group} to ${topic}`, () => {
          addTopic.run(topic)
          add.run(topic, group, at)
        })
      }
      return at
    },
    commit: (topic, group, next) =>
      writer.write(`committing ${next} of ${topic} for ${group}`, () => {
        addTopic.run(topic)
        set.run(topic, group, next)
      }),
    committed,
    forget: (topic, group) =>
      writer.write(
        `forgetting the group ${group}`,
        () => Number(remove.run(topic, group).changes) > 0,
      ),
  }
}

const checkStart = (topic: string, group: string, from: number, end: number): void => {
  const doing = `subscribing ${group} to ${topic} from offset ${from} on failed`
  if (!Number.isSafeInteger(from) || from < 0) {
    throw new LogbertError('BAD_INPUT', `${doing}: give a whole number of 0 or more`)
  }
  if (from > end) {
    throw new LogbertError(
      'CONFLICT',
      `${doing}: the topic ends at ${end}, so the offset comes from another bus; restore the file ` +
        'of that bus, or begin without an offset',
    )
  }
}
