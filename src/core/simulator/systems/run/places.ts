import type { Clock, Process } from './clock.ts'

export type Entry = 'in' | 'full' | 'timeout'

/** A bounded number of places with a bounded queue before them: workers, connections, locks. */
export interface Places {
  size: number
  readonly busy: number
  readonly waiting: number
  /** Waits for a place, `patience` ms at most. */
  enter(patience: number): Process<Entry>
  leave(): void
  /** Takes places away that nobody gives back. */
  leak(count: number): void
  /** Sends away all who wait. */
  close(): void
}

interface Waiting {
  wake: (value: unknown) => void
  gone: boolean
}

export const createPlaces = (clock: Clock, size: number, mostWaiting: number): Places => {
  let busy = 0
  let leaked = 0
  let queue: Waiting[] = []
  const places: Places = {
    size,
    get busy() {
      return busy + leaked
    },
    get waiting() {
      return queue.length
    },
    *enter(patience) {
      if (busy + leaked < places.size) {
        busy++
        return 'in'
      }
      if (queue.length >= mostWaiting) return 'full'
      const answer = (yield wake => {
        const waiting: Waiting = { wake, gone: false }
        queue.push(waiting)
        if (Number.isFinite(patience)) {
          clock.after(patience, () => {
            if (waiting.gone) return
            waiting.gone = true
            queue.splice(queue.indexOf(waiting), 1)
            wake('timeout')
          })
        }
      }) as Entry
      return answer
    },
    leave() {
      if (busy > 0) busy--
      admit()
    },
    leak(count) {
      leaked = Math.max(0, Math.min(places.size, leaked + count))
      admit()
    },
    close() {
      const left = queue
      queue = []
      for (const waiting of left) {
        waiting.gone = true
        waiting.wake('full')
      }
    },
  }
  const admit = (): void => {
    while (busy + leaked < places.size && queue.length > 0) {
      const next = queue.shift()!
      next.gone = true
      busy++
      next.wake('in')
    }
  }
  return places
}
