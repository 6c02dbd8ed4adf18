import { localEngine } from './local-engine.ts'
import { runTrainTask, type TrainTask } from './train-task.ts'

declare const self: Worker

/** A worker that trains once: it is sent one task and posts progress, then the version or the fault. */
if (!Bun.isMainThread) {
  self.onmessage = ({ data }: MessageEvent<TrainTask>) => {
    void runTrainTask(data, localEngine(), message => self.postMessage(message))
  }
}
