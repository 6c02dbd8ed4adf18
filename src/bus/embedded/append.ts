import type { TopicRow } from './catalog.ts'
import type { BusFile } from './file.ts'
import type { Piece } from './piece.ts'

/** Appends chunks to a topic inside a transaction; returns their bytes. */
export const createAppend = ({ writer: db }: BusFile) => {
  const addTopic = db.prepare('INSERT INTO topic (name) VALUES (?) ON CONFLICT DO NOTHING')
  const findTopic = db.prepare('SELECT id, next, bytes FROM topic WHERE name = ?')
  const addBody = db.prepare('INSERT INTO body (data) VALUES (?)')
  const addChunk = db.prepare('INSERT INTO chunk VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
  const moveEnd = db.prepare('UPDATE topic SET next = ?, bytes = ? WHERE id = ?')
  return (name: string, pieces: readonly Piece[]): number => {
    addTopic.run(name)
    const topic = findTopic.get(name) as unknown as TopicRow
    const stored = Date.now()
    let { next, bytes } = topic
    for (const { count, data, earliest, latest } of pieces) {
      const body = addBody.run(data).lastInsertRowid
      addChunk.run(topic.id, next, count, data.length, bytes, earliest, latest, stored, body)
      next += count
      bytes += data.length
    }
    moveEnd.run(next, bytes, topic.id)
    return bytes - topic.bytes
  }
}
