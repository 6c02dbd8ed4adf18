import { executorDeps } from '#platform'
import { LogbertError } from '../../src/core/errors.ts'
import { chooseExecutor } from '../../src/core/exec/choose.ts'
import type { Backend } from '../../src/core/exec/executor.ts'
import { contract } from '../exec/contract.ts'

/** A line of the output: one check, or a backend that is absent. */
export interface ContractLine {
  backend: Backend
  about: string
  check?: string
  absent?: boolean
  fault?: string
}

const say = (line: ContractLine): void => console.log(JSON.stringify(line))

const runContract = async (backend: Backend): Promise<void> => {
  try {
    const { executor } = await chooseExecutor(backend, executorDeps)
    for (const { name, run } of contract) {
      const fault = await run(executor).then(
        () => undefined,
        (error: unknown) => `${error instanceof Error ? error.stack : error}`,
      )
      say({ backend, about: executor.about, check: name, ...(fault !== undefined && { fault }) })
    }
  } catch (error) {
    if (!(error instanceof LogbertError) || error.code !== 'BACKEND_ABSENT') throw error
    say({ backend, about: error.message, absent: true })
  }
}

/** Runs the contract of the executors on the backends named on the command line, any runtime. */
const words = (globalThis as { process?: { argv: string[] } }).process!.argv.slice(2)
for (const backend of words) await runContract(backend as Backend)
