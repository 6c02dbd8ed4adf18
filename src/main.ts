#!/usr/bin/env bun
import { LogbertError } from './core/errors.ts'
import { localEngine } from './serve/local-engine.ts'
import { START_HELP, start, startOptions } from './serve/start.ts'

/** Starts the server, or shows how: options → configuration → engine → server, until a signal. */
const main = async (args: readonly string[]): Promise<void> => {
  const { config, demo, help } = await startOptions(args, process.env)
  if (help) {
    process.stdout.write(START_HELP)
    return
  }
  const server = await start(
    config,
    {
      engine: localEngine(),
      spawnTrainer: () => new Worker(new URL('./serve/train-worker.ts', import.meta.url).href),
      env: process.env,
      note: text => void process.stderr.write(`${text}\n`),
    },
    { demo },
  )
  process.stdout.write(`${server.url}\n`)
  const stop = async (): Promise<void> => {
    await server.stop()
    process.exit(0)
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
}

if (import.meta.main) {
  await main(process.argv.slice(2)).catch((error: unknown) => {
    const known = error instanceof LogbertError || error instanceof TypeError
    process.stderr.write(`${known ? error.message : (error as Error).stack}\n`)
    process.exit(error instanceof LogbertError && error.code !== 'BAD_CONFIG' ? 1 : 2)
  })
}
