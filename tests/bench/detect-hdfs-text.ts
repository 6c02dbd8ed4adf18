import { createParser } from '../../src/core/parse/parser.ts'
import { discoverKey } from '../../src/core/sequence/key.ts'
import { createSequencer } from '../../src/core/sequence/session.ts'
import type { LogEvent } from '../../src/core/types.ts'
import { readData } from '../data.ts'

export interface TextSession {
  key: string
  end: number
  odd: boolean
  sequence: number[]
}

/**
 * The sessions of HDFS_2pct from its raw text, by end time: parser, key and sequencer as a user gets
 * them, block labels beside them for scoring only.
 */
export const readHdfsText = async (): Promise<TextSession[]> => {
  const lines = (await readData('hdfs_2pct/HDFS_2pct.log.gz')).split('\n').filter(Boolean)
  const parser = createParser()
  const events: LogEvent[] = []
  const arrived = Date.UTC(2008, 10, 9)
  for (const text of lines) {
    parser.feed({ text, source: 'hdfs', arrived }, event => events.push(event))
  }
  parser.flush(event => events.push(event))
  for (const event of events) event.templateId = parser.resolve(event.templateId)
  const { rule } = discoverKey(events)
  const sequencer = createSequencer(rule === undefined ? {} : { key: rule })
  const sessions = [...events.flatMap(event => sequencer.push(event)), ...sequencer.flush()]
  const labels = (await readData('hdfs_2pct/labels.csv.gz')).split('\n').slice(1)
  const odd = new Set(labels.filter(line => line.includes('Anomaly')).map(l => l.split(',')[0]!))
  return sessions
    .filter(session => session.kind === 'key')
    .map(({ key, at, events }) => ({
      key,
      end: at.at(-1)!,
      odd: odd.has(key),
      sequence: events,
    }))
    .sort((a, b) => a.end - b.end)
}
