import type { ThreadAnswer, ThreadTask } from './thread-worker.ts'

/** A thread with a connection of its own, which does one task after the other. */
export const startThread = () => {
  const worker = new Worker(new URL('./thread-worker.ts', import.meta.url))
  return {
    ask: (task: ThreadTask): Promise<ThreadAnswer> =>
      new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data)
        worker.onerror = ({ message }) => reject(new Error(message))
        worker.postMessage(task)
      }),
    stop: (): void => worker.terminate(),
  }
}
