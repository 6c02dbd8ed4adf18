import { fileURLToPath } from 'node:url'
import type { TrainMessage, TrainTask } from './train-task.ts'

/** A training at work. */
export interface TrainProcess {
  /** Ends it at once; resolves when it is gone. Nothing is heard of it any more. */
  stop(): Promise<void>
}

/** Starts a training; `hear` gets its progress, and then one message that is none. */
export type SpawnTraining = (task: TrainTask, hear: (message: TrainMessage) => void) => TrainProcess

const WORKER = fileURLToPath(new URL('train-worker.ts', import.meta.url))
/** Characters of what it wrote to stderr that are told when it dies. */
const MOST_TOLD = 500

/**
 * Trains in a process of its own: where memory runs out only the training dies, its memory goes back
 * when it ends, and it may be ended in the middle of whatever it does.
 */
export const spawnTraining: SpawnTraining = (task, hear) => spawnWorker(WORKER, task, hear)

/** The same with another program in its place. */
export const spawnWorker = (
  worker: string,
  task: TrainTask,
  hear: (message: TrainMessage) => void,
): TrainProcess => {
  let over = false
  const finish = (message: TrainMessage): void => {
    if (over) return
    over = message.type !== 'progress'
    hear(message)
    if (over) child.kill('SIGKILL')
  }
  const child = Bun.spawn([process.execPath, worker], {
    ipc: message => finish(message as TrainMessage),
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
  })
  child.send(task)
  const said = tailOf(child.stderr)
  void child.exited.then(async () => finish(crash(child, await said)))
  return {
    async stop() {
      over = true
      child.kill('SIGKILL')
      await child.exited
    },
  }
}

const crash = (
  { exitCode, signalCode }: Pick<Bun.Subprocess, 'exitCode' | 'signalCode'>,
  said: string,
): TrainMessage => {
  const how = signalCode === null ? `with exit code ${exitCode}` : `by ${signalCode}`
  const why = signalCode === 'SIGKILL' ? ', as when memory runs out' : ''
  const words = said === '' ? '' : `; its last words: ${said}`
  return {
    type: 'error',
    code: 'CRASH',
    message: `the training process ended ${how}${why}${words}; try fewer lines or a smaller network`,
  }
}

const tailOf = async (stream: ReadableStream<Uint8Array>): Promise<string> => {
  const decoder = new TextDecoder()
  let tail = ''
  for await (const chunk of stream) {
    tail = (tail + decoder.decode(chunk, { stream: true })).slice(-MOST_TOLD)
  }
  return tail.trim()
}
