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

/** What `auto` takes and sees here; it must not lose time on a GPU in software. */
const runAuto = async (): Promise<void> => {
  const { executor, measured } = await chooseExecutor('auto', executorDeps)
  for (const { backend, about, millis } of measured) {
    say({ backend, about, check: 'auto', ...(millis === undefined && { absent: true }) })
  }
  say({ backend: executor.name, about: executor.about, check: 'auto chose' })
}

/** Runs the contract of the executors on the backends named on the command line; or `auto`. */
const words = (globalThis as { process?: { argv: string[] } }).process!.argv.slice(2)
for (const word of words) await (word === 'auto' ? runAuto() : runContract(word as Backend))
