#!/usr/bin/env bun
import { modelsCommand } from './cli/models.ts'
import { parseCommand } from './cli/parse.ts'
import { processIo } from './cli/process-io.ts'
import { runCommand } from './cli/run.ts'

/** All commands, in the order in which a newcomer wants them. */
const commands = [parseCommand, modelsCommand]

if (import.meta.main) {
  const io = processIo()
  process.exitCode = await runCommand(commands, process.argv.slice(2), io)
  await io.end()
}
