import { constants, setPriority } from 'node:os'
import process from 'node:process'
import { localEngine } from './local-engine.ts'
import { runTrainTask, type TrainMessage, type TrainTask } from './train-task.ts'

/**
 * A process that trains once. It is sent one task and posts progress, then the version or the fault;
 * then it waits to be ended. It yields to what serves, and ends with the server.
 */
const main = (): void => {
  yieldToOthers()
  process.on('disconnect', () => process.exit(1))
  process.once('message', (task: TrainTask) => {
    void runTrainTask(task, {
      engine: localEngine(),
      post: (message: TrainMessage) => process.send?.(message),
      heard: () => process.connected,
    })
  })
}

const yieldToOthers = (): void => {
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {
    // Not everywhere a process may say so; it trains all the same.
  }
}

if (import.meta.main && process.send !== undefined) main()
