import { ChatFault } from './chat-fault.ts'

/** Lets a few in at once, in the order of their coming; the others wait, not too many. */
export interface Gate {
  /**
   * @returns what is to be called when done, once
   * @throws ChatFault busy; the reason of the signal
   */
  enter(signal: AbortSignal): Promise<() => void>
}

export const createGate = (most: number, mostWaiting: number): Gate => {
  let inside = 0
  const waiting: (() => void)[] = []
  const leave = (): void => {
    const next = waiting.shift()
    if (next === undefined) inside--
    else next()
  }
  return {
    async enter(signal) {
      signal.throwIfAborted()
      if (inside < most) inside++
      else {
        if (waiting.length >= mostWaiting) {
          throw new ChatFault('busy', `${mostWaiting} reports wait already`)
        }
        await turn(waiting, signal)
      }
      let isOut = false
      return () => {
        if (isOut) return
        isOut = true
        leave()
      }
    },
  }
}

/** Resolves when it is called from the queue. */
const turn = (waiting: (() => void)[], signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const go = (): void => {
      signal.removeEventListener('abort', gone)
      resolve()
    }
    const gone = (): void => {
      waiting.splice(waiting.indexOf(go), 1)
      reject(signal.reason)
    }
    waiting.push(go)
    signal.addEventListener('abort', gone, { once: true })
  })
