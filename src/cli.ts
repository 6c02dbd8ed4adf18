#!/usr/bin/env bun
import { createEvaluateCommand } from './cli/evaluate.ts'
import { modelsCommand } from './cli/models.ts'
import { parseCommand } from './cli/parse.ts'
import { processIo } from './cli/process-io.ts'
import { rcaCommand } from './cli/rca.ts'
import { replayCommand } from './cli/replay.ts'
import { runCommand } from './cli/run.ts'
import { createScoreCommand } from './cli/score.ts'
import { createServeCommand } from './cli/serve.ts'
import { serveHere } from './cli/serve-here.ts'
import { tailCommand } from './cli/tail.ts'
import { createTrainCommand } from './cli/train.ts'
import { localEngine } from './serve/local-engine.ts'

if (import.meta.main) {
  const engine = localEngine()
  /** All commands, in the order in which a newcomer wants them. */
  const commands = [
    createTrainCommand(engine),
    createScoreCommand(engine),
    rcaCommand,
    createEvaluateCommand(engine),
    parseCommand,
    modelsCommand,
    createServeCommand(serveHere),
    replayCommand,
    tailCommand,
  ]
  const io = processIo()
  const code = await runCommand(commands, process.argv.slice(2), io)
  await io.end()
  // A pipe that stays open would keep the program.
  process.exit(code)
}
