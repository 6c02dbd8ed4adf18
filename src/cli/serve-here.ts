import process from 'node:process'
import type { Serve } from './serve.ts'

/** The server with what this runtime brings; loaded when it is asked for: other commands start faster. */
export const serveHere: Serve = async (config, { demo }, io) => {
  const [{ start }, { localEngine }] = await Promise.all([
    import('../serve/start.ts'),
    import('../serve/local-engine.ts'),
  ])
  return start(
    config,
    {
      engine: localEngine(),
      spawnTrainer: () => new Worker(new URL('../serve/train-worker.ts', import.meta.url).href),
      env: process.env,
      note: text => io.err(`${text}\n`),
    },
    { demo },
  )
}
