import { createEmbeddedBus } from '../../bus/embedded.ts'
import type { Config } from '../../config.ts'
import { LogbertError } from '../../core/errors.ts'
import { createRegistry } from '../../core/store/registry.ts'
import { openDatabase } from '../../db/open.ts'
import { busOptions, dataFiles } from '../data-folder.ts'
import { localEngine } from '../local-engine.ts'
import { cachedModels, modelPlace } from '../model-store.ts'
import { embeddedIntake } from './embedded-place.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'
import type { Question, Told } from './protocol.ts'
import { wordsOf } from './served.ts'

declare const self: Worker

const tell = (told: Told): void => self.postMessage(told)

/** The pipeline in a thread of its own, with its own connections to bus and database. */
const openPipeline = (config: Config): Pipeline & { close(): Promise<void> } => {
  const files = dataFiles(config)
  const bus = createEmbeddedBus(busOptions(config))
  const db = openDatabase(files.database)
  const away = ({ message }: Error): void => tell({ type: 'note', text: message })
  const registry = createRegistry(cachedModels(modelPlace(config), { away }))
  const intake = embeddedIntake({ config, bus, db, stored: upTo => tell({ type: 'stored', upTo }) })
  const pipeline = startPipeline({ config, registry, engine: localEngine(), intake, tell })
  return {
    ...pipeline,
    async close() {
      await pipeline.stop()
      await bus.close()
      db.close()
    },
  }
}

const answer = async (id: number, work: () => Promise<unknown>): Promise<void> => {
  try {
    tell({ type: 'answer', id, value: await work() })
  } catch (error) {
    const code = error instanceof LogbertError ? { code: error.code } : {}
    const message = error instanceof LogbertError ? error.message : wordsOf(error)
    tell({ type: 'failed', id, ...code, message })
  }
}

if (!Bun.isMainThread) {
  let pipeline: ReturnType<typeof openPipeline> | undefined
  self.onmessage = ({ data }: MessageEvent<Question>) => {
    if (data.type === 'start') {
      pipeline = openPipeline(data.config)
      return
    }
    void answer(data.id, async () => {
      if (pipeline === undefined) throw new Error('the pipeline was not started')
      if (data.type === 'infer') return pipeline.infer(data.lines)
      if (data.type === 'templates') return pipeline.templates()
      return data.type === 'refresh' ? pipeline.refresh() : pipeline.close()
    })
  }
}
