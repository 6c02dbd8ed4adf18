// @ts-expect-error It has no types: it is a part of kafkajs that is not meant for others.
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js'

interface Queue {
  /** Epoch ms; −1 while the broker has never asked to slow down. */
  throttledUntil: number
  throttleCheckTimeoutId: unknown
  pending: unknown[]
  checkPendingRequests(): void
  scheduleCheckPendingRequests(): void
}

const AGAIN_MS = 10

/** Keeps kafkajs 2.2.4 from setting timers of negative length, of which runtimes warn on stderr. */
export const quietTimers = (): void => {
  const queue: Queue = RequestQueue.prototype
  queue.scheduleCheckPendingRequests = function (this: Queue) {
    if (this.throttleCheckTimeoutId) return
    const wait = this.throttledUntil - Date.now()
    const least = this.pending.length > 0 ? AGAIN_MS : 0
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null
        this.checkPendingRequests()
      },
      wait > 0 ? wait : least,
    )
  }
}
