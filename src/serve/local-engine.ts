import { executorDeps } from '#platform'
import { chooseExecutor } from '../core/exec/choose.ts'
import { createEngine } from '../core/pipeline/create-engine.ts'
import type { Engine } from '../core/pipeline/engine.ts'

/** The engine on the backends of this runtime. */
export const localEngine = (): Engine =>
  createEngine({
    executor: async backend => (await chooseExecutor(backend, executorDeps)).executor,
  })
