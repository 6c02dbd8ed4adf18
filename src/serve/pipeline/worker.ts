import { createEmbeddedBus } from '../../bus/embedded.ts'
import type { Config } from '../../config.ts'
import { LogbertError } from '../../core/errors.ts'
import { createRegistry } from '../../core/store/registry.ts'
import { openDatabase } from '../../db/open.ts'
import { busOptions, dataFiles } from '../data-folder.ts'
import type { Stage } from '../kafka/kafka-intake.ts'
import { localEngine } from '../local-engine.ts'
import { cachedModels, modelPlace } from '../model-store.ts'
import { embeddedIntake } from './embedded-place.ts'
import { noIntake } from './no-intake.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'
import type { Intake } from './place.ts'
import type { KafkaEvent, Question, Told } from './protocol.ts'
import { wordsOf } from './served.ts'

declare const self: Worker

const tell = (told: Told): void => self.postMessage(told)

/** The pipeline in a thread of its own, with its own connections to bus and database. */
const openPipeline = async (config: Config): Promise<Pipeline & { close(): Promise<void> }> => {
  const away = ({ message }: Error): void => tell({ type: 'note', text: message })
  const registry = createRegistry(cachedModels(modelPlace(config), { away }))
  const { intake, sorting, close } = await intakeOf(config)
  const engine = localEngine()
  const pipeline = startPipeline({ config, registry, engine, intake, tell })
  const sorter =
    sorting &&
    startPipeline({
      ...{ config, registry, intake: sorting, tell: tellOfSorting },
      engine: { ...engine, stream: engine.sorter },
    })
  return {
    ...pipeline,
    async refresh() {
      await sorter?.refresh()
      await pipeline.refresh()
    },
    async close() {
      await sorter?.stop()
      await pipeline.stop()
      await close()
    },
  }
}

/** Sorting finds nothing: only what is in its way is told. */
const tellOfSorting = (told: Told): void => {
  if (told.type === 'note') tell(told)
  if (told.type === 'trouble') tell({ type: 'note', text: `sorting stopped: ${told.message}` })
}

interface Intakes {
  intake: Intake
  /** What sorts lines before, where that is wanted. */
  sorting?: Intake
  close(): Promise<void>
}

/** Where this process gets its lines from: a node that serves people only gets none. */
const intakeOf = async (config: Config): Promise<Intakes> => {
  if (config.bus.driver === 'kafka' && config.role !== 'api') return kafkaIntakes(config)
  const db = openDatabase(dataFiles(config).database)
  if (config.role === 'api') {
    return { intake: noIntake(db), close: async () => db.close() }
  }
  const bus = createEmbeddedBus(busOptions(config))
  return {
    intake: embeddedIntake({ config, bus, db, stored: upTo => tell({ type: 'stored', upTo }) }),
    async close() {
      await bus.close()
      db.close()
    },
  }
}

/** Loaded where it is wanted only. */
const kafkaIntakes = async (config: Config): Promise<Intakes> => {
  const [{ createKafkaClient }, { kafkaIntake }] = await Promise.all([
    import('../../bus/kafka/client.ts'),
    import('../kafka/kafka-intake.ts'),
  ])
  const note = (text: string): void => tell({ type: 'note', text })
  const observe = (event: KafkaEvent): void => tell({ type: 'kafka', event })
  const stage = (name: Stage): Intake =>
    kafkaIntake(name, { config, client: createKafkaClient(config.kafka, note), observe, note })
  const close = async (): Promise<void> => undefined
  if (!config.kafka.repartition) return { intake: stage('detect'), close }
  return { intake: stage('detect sorted'), sorting: stage('sort'), close }
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
  let opening: ReturnType<typeof openPipeline> | undefined
  self.onmessage = ({ data }: MessageEvent<Question>) => {
    if (data.type === 'start') {
      opening = openPipeline(data.config)
      // A thread that cannot open it ends, and is replaced.
      opening.catch(error =>
        queueMicrotask(() => {
          throw error
        }),
      )
      return
    }
    void answer(data.id, async () => {
      if (opening === undefined) throw new Error('the pipeline was not started')
      const pipeline = await opening
      if (data.type === 'infer') return pipeline.infer(data.lines)
      if (data.type === 'templates') return pipeline.templates()
      return data.type === 'refresh' ? pipeline.refresh() : pipeline.close()
    })
  }
}
