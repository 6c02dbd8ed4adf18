import { watchEvents } from './watch.ts'

declare const self: Worker

/** Many SSE clients, each of which notes the ids that it saw. */
if (!Bun.isMainThread) {
  const seen: Map<number, number>[] = []
  const stops: (() => void)[] = []
  self.onmessage = async ({ data }: MessageEvent<{ url: string; count: number } | 'stop'>) => {
    if (data !== 'stop') {
      for (let i = 0; i < data.count; i++) {
        const ids = new Map<number, number>()
        seen.push(ids)
        const count = ({ id, type }: { id: number; type: string }): void => {
          if (type === 'anomaly' || type === 'incident') ids.set(id, (ids.get(id) ?? 0) + 1)
        }
        stops.push(await watchEvents(`${data.url}/events`, count))
      }
      self.postMessage({ type: 'connected' })
      return
    }
    const all = new Set(seen.flatMap(ids => [...ids.keys()]))
    const missing = seen.reduce((sum, ids) => sum + all.size - ids.size, 0)
    const doubled = seen.reduce((sum, ids) => sum + [...ids.values()].filter(n => n > 1).length, 0)
    self.postMessage({ type: 'result', events: all.size, missing, doubled })
    for (const stop of stops) stop()
  }
}
