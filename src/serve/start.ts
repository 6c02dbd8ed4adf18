import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { type Config, parseConfig } from '../config.ts'
import { LogbertError } from '../core/errors.ts'
import type { Engine, ParseOptions } from '../core/pipeline/engine.ts'
import { loadBundle, publishBundle } from '../core/store/bundle.ts'
import { memoryStore } from '../core/store/byte-store.ts'
import { pathError } from '../platform/files.ts'
import { createDemo, playDemo } from './demo.ts'
import { type RunningServer, startServer } from './server.ts'
import type { TrainTask } from './train-task.ts'

export interface StartDeps {
  engine: Engine
  /** A worker that runs `runTrainTask` for the task that it is sent. */
  spawnTrainer(): Worker
  env: Record<string, string | undefined>
  note(text: string): void
}

export const START_HELP = `bun run start -- [--port N] [--host H] [--data DIR] [--models DIR] [--config FILE]

Serves the page, the HTTP interface and the live detector. The address is printed on stdout as
http://127.0.0.1:PORT when it is ready. config/config.yaml documents every setting; any of them can
be set from the environment (LOGBERT__SERVER__PORT=9000).

  --port N       8080; 0 picks a free port
  --data DIR     files that POST /train may name (data)
  --models DIR   where models live (models)
  --config FILE  YAML; config/config.yaml when it is there
  --demo         plays a simulated system with faults through a model trained on the spot
`

const OPTIONS = {
  port: { type: 'string' },
  host: { type: 'string' },
  data: { type: 'string' },
  models: { type: 'string' },
  config: { type: 'string' },
  demo: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/** Configuration of a command line: options win over the environment, that over the file. */
export const startOptions = async (
  args: readonly string[],
  env: Record<string, string | undefined>,
): Promise<{ config: Config; demo: boolean; help: boolean }> => {
  const { values } = parseArgs({ args: [...args], options: OPTIONS })
  const file = values.config ?? 'config/config.yaml'
  const yaml = await readFile(file, 'utf8').catch(cause => {
    if (values.config === undefined && cause.code === 'ENOENT') return ''
    const { message } = pathError('reading the configuration', file, cause)
    throw new LogbertError('BAD_CONFIG', message, { cause })
  })
  const set = (name: string, value: string | undefined) =>
    value === undefined ? {} : { [`LOGBERT__${name}`]: value }
  const config = parseConfig({
    yaml,
    file,
    env: {
      ...env,
      ...set('SERVER__PORT', values.port),
      ...set('SERVER__HOST', values.host && JSON.stringify(values.host)),
      ...set('PATHS__DATA', values.data && JSON.stringify(values.data)),
      ...set('PATHS__MODELS', values.models && JSON.stringify(values.models)),
    },
  })
  return { config, demo: values.demo === true, help: values.help === true }
}

/** Starts the server; with `demo` it also learns from a simulated system and plays it. */
export const start = async (
  config: Config,
  deps: StartDeps,
  options: { demo?: boolean } = {},
): Promise<RunningServer> => {
  const { engine, note } = deps
  const server = await startServer(config, {
    openDetector: (bundle, live) =>
      engine.open(bundle, {
        drift: config.detect.drift,
        backend: config.train.backend,
        ...(live && { idleMs: 1000 * config.session.idleSeconds }),
      }),
    spawnTrainer: deps.spawnTrainer,
    task: (request): TrainTask => ({
      ...request,
      models: config.paths.models,
      backend: config.train.backend,
      parse: parseOptions(config),
    }),
    note,
  })
  if (options.demo !== true) return server
  const ended = new AbortController()
  const demo = createDemo()
  note(`learning from ${demo.history.length} lines of a simulated shop`)
  await server.use(await learnDemo(config, engine, demo.history))
  playDemo(demo, server.queue, ended.signal)
  return {
    ...server,
    async stop() {
      ended.abort()
      await server.stop()
    },
  }
}

/** How lines are read; `auto` and no masks are what a model learns by itself. */
const parseOptions = ({ input }: Config): ParseOptions => ({
  header: input.header,
  timeZone: input.timeZone,
  ...(input.masks.length > 0 && { masks: input.masks }),
})

/** The voices without network: they serve within a second. */
const learnDemo = async (
  config: Config,
  engine: Engine,
  history: ReturnType<typeof createDemo>['history'],
) => {
  const draft = await engine.learn(
    {
      format: 'lines',
      open: async function* () {
        yield history
      },
    },
    {
      name: 'demo',
      session: 'auto',
      budget: config.detect.budget,
      seed: config.train.seed,
      epochs: 0,
      backend: 'wasm',
    },
    () => undefined,
  )
  const store = memoryStore()
  await publishBundle(store, draft)
  return loadBundle(store, 'demo')
}
