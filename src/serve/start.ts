import { tokensFrom } from '../api/auth.ts'
import type { Config } from '../config.ts'
import { createNarrator, type NarratorHooks } from '../llm/narrator.ts'
import { createDemo, demoConfig, demoFolder, playDemo } from './demo.ts'
import { type RunningServer, startServer } from './server.ts'

export interface StartDeps {
  /** A thread that runs `pipeline/worker.ts`. */
  spawnPipeline(): Worker
  /** A thread that runs `causes/worker.ts`. */
  spawnCauses(): Worker
  /** Secrets come from here only. */
  env: Record<string, string | undefined>
  note(text: string): void
}

/** Starts the server; as a demo it plays a simulated shop with faults, on data of its own. */
export const start = async (
  config: Config,
  deps: StartDeps,
  options: { demo?: boolean } = {},
): Promise<RunningServer> => {
  const { env, note, spawnPipeline, spawnCauses } = deps
  const given = {
    auth: tokensFrom(env),
    note,
    spawnPipeline,
    spawnCauses,
    narrator: (hooks: NarratorHooks) => createNarrator(config.rca.llm, env, hooks),
  }
  if (options.demo !== true) return startServer(config, given)
  const folder = await demoFolder()
  const server = await startServer(demoConfig(config, folder.path), given).catch(async error => {
    await folder.remove()
    throw error
  })
  const ended = new AbortController()
  playDemo(createDemo(), server.publish, ended.signal)
  return {
    ...server,
    async stop() {
      ended.abort()
      await server.stop()
      await folder.remove()
    },
  }
}
