#!/usr/bin/env bun
import { processIo } from './cli/process-io.ts'
import { runCommand } from './cli/run.ts'
import { createServeCommand } from './cli/serve.ts'
import { serveHere } from './cli/serve-here.ts'

/** Starts the server: options → configuration → bus, pipeline, HTTP (`serve/start.ts`) → a signal. */
if (import.meta.main) {
  const io = processIo()
  const args = ['serve', ...process.argv.slice(2)]
  const code = await runCommand([createServeCommand(serveHere)], args, io)
  await io.end()
  process.exit(code)
}
