export interface RingEvent {
  id: string
  type: string
  /** JSON text. */
  data: string
}

/**
 * The latest events, for SSE. Each client reads at its own pace from its own position, so a slow
 * client holds no buffer; what was overwritten before it was read is counted as lost.
 */
export interface EventRing {
  publish(type: string, data: unknown): string
  /** Position after the event with this id; the oldest kept one for an id of another run. */
  position(lastEventId: string | undefined): number
  /** Events from a position on, how many before them are gone, and the next position. */
  read(position: number): { events: RingEvent[]; lost: number; next: number }
  /** Resolves at the next event, after `ms`, or when the signal fires. */
  wait(ms: number, signal: AbortSignal): Promise<void>
}

/** `run` tells this process from an earlier one whose ids a client may still hold. */
export const createEventRing = (kept: number, run: string): EventRing => {
  const slots: RingEvent[] = []
  const waiting = new Set<() => void>()
  let next = 0
  return {
    publish(type, data) {
      const event = { id: `${run}-${next}`, type, data: JSON.stringify(data) }
      slots[next % kept] = event
      next++
      for (const wake of waiting) wake()
      return event.id
    },
    position(lastEventId) {
      if (lastEventId === undefined || lastEventId === '') return next
      const [, name, number] = /^(.*)-(\d+)$/.exec(lastEventId) ?? []
      if (name !== run) return Math.max(0, next - kept)
      return Math.min(Number(number) + 1, next)
    },
    read(position) {
      const first = Math.max(position, next - kept)
      const events: RingEvent[] = []
      for (let i = first; i < next; i++) events.push(slots[i % kept]!)
      return { events, lost: first - position, next }
    },
    wait: (ms, signal) =>
      new Promise(resolve => {
        const wake = (): void => {
          clearTimeout(timer)
          waiting.delete(wake)
          signal.removeEventListener('abort', wake)
          resolve()
        }
        const timer = setTimeout(wake, ms)
        waiting.add(wake)
        if (signal.aborted) wake()
        else signal.addEventListener('abort', wake)
      }),
  }
}
