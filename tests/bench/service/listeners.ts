import process from 'node:process'
import { watchEvents } from './watch.ts'

/**
 * Many SSE clients in a process of their own, each of which notes the ids that it saw. To be started
 * with BUN_CONFIG_MAX_HTTP_REQUESTS above their number.
 */
const seen: Map<number, number>[] = []
const stops: (() => void)[] = []

process.on('message', async (asked: { url: string; count: number } | 'stop') => {
  if (asked !== 'stop') {
    for (let i = 0; i < asked.count; i++) {
      const ids = new Map<number, number>()
      seen.push(ids)
      const count = ({ id, type }: { id: number; type: string }): void => {
        if (type === 'anomaly' || type === 'incident') ids.set(id, (ids.get(id) ?? 0) + 1)
      }
      stops.push(await watchEvents(`${asked.url}/events`, count))
    }
    process.send?.({ type: 'connected' })
    return
  }
  const all = new Set(seen.flatMap(ids => [...ids.keys()]))
  const missing = seen.reduce((sum, ids) => sum + all.size - ids.size, 0)
  const doubled = seen.reduce((sum, ids) => sum + [...ids.values()].filter(n => n > 1).length, 0)
  process.send?.({ type: 'result', events: all.size, missing, doubled })
  for (const stop of stops) stop()
})
