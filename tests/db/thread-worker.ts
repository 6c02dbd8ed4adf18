import type { Database } from '../../src/db/database.ts'
import { openDatabase } from '../../src/db/open.ts'
import { madeAnomaly } from './made.ts'

export type ThreadTask =
  | { do: 'ready' }
  | { do: 'open'; file: string }
  /** Adds anomalies with an event each, so many a transaction. */
  | { do: 'add'; from: number; to: number; step: number }

export type ThreadAnswer = { done: number } | { code?: string; message: string }

declare const self: Worker

let db: Database | undefined

const run = (task: ThreadTask): number => {
  if (task.do === 'open') {
    db = openDatabase(task.file)
    return db.anomalies.count({})
  }
  if (task.do !== 'add') return 0
  const { anomalies, events, transaction } = db!
  let added = 0
  for (let i = task.from; i < task.to; i += task.step) {
    transaction(() => {
      for (let j = i; j < Math.min(i + task.step, task.to); j++) {
        if (!anomalies.add(madeAnomaly(j), { stored: j })) continue
        events.add({ type: 'anomaly', data: JSON.stringify({ j }) })
        added++
      }
    })
  }
  return added
}

self.onmessage = ({ data }: MessageEvent<ThreadTask>) => {
  try {
    self.postMessage({ done: run(data) } satisfies ThreadAnswer)
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    self.postMessage({ ...(code !== undefined && { code }), message } satisfies ThreadAnswer)
  }
}
