import type { TrainJob, TrainRequest, TrainService } from '../../src/api/train-service.ts'
import { LogbertError } from '../../src/core/errors.ts'
import type { Database } from '../../src/db/database.ts'

/** Keeps jobs in the database and trains nothing; what it was asked for stays in `asked`. */
export const createWaitingTrainer = (db: Database) => {
  const asked: (TrainRequest & { text?: string })[] = []
  const trainer: TrainService = {
    async start(request) {
      const { source, options } = request
      if ('file' in source && source.file === 'nowhere.log') {
        throw new LogbertError('BAD_INPUT', 'reading nowhere.log failed: it does not exist')
      }
      if (asked.length >= 100) throw new LogbertError('LIMIT', 'too many jobs wait')
      let text = ''
      if ('upload' in source) {
        for await (const chunk of source.upload) text += Buffer.from(chunk).toString()
      }
      asked.push({ ...request, ...('upload' in source && { text }) })
      const what = 'upload' in source ? { upload: { bytes: text.length } } : source
      const job = {
        id: `${asked.length}`,
        state: 'waiting' as const,
        request: { name: 'default', ...options, ...what },
        created: Date.now() + asked.length,
      }
      db.jobs.put(job)
      return job as unknown as TrainJob
    },
    get: id => db.jobs.get(id) as TrainJob | undefined,
    list: query => db.jobs.list(query) as ReturnType<TrainService['list']>,
    async cancel(id) {
      const job = db.jobs.get(id)
      if (job?.state === 'waiting' || job?.state === 'running') {
        db.jobs.put({ ...job, state: 'cancelled', ended: Date.now() })
      }
      return db.jobs.get(id) as TrainJob | undefined
    },
  }
  return { trainer, asked }
}
