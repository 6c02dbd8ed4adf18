import process from 'node:process'
import type { Serve } from './serve.ts'

/** The server with what this runtime brings; loaded when it is asked for: other commands start faster. */
export const serveHere: Serve = async (config, { demo }, io) => {
  const { start } = await import('../serve/start.ts')
  const spawnPipeline = (): Worker =>
    new Worker(new URL('../serve/pipeline/worker.ts', import.meta.url).href)
  const spawnCauses = (): Worker =>
    new Worker(new URL('../serve/causes/worker.ts', import.meta.url).href)
  const note = (text: string): void => io.err(`${text}\n`)
  return start(config, { spawnPipeline, spawnCauses, env: process.env, note }, { demo })
}
