import { join, resolve } from 'node:path'
import { startProgram } from '../../serve/program.ts'
import { quantile } from './watch.ts'

const RUNS = 7

/** From the start of the program to its address on stdout, which it prints when lines are read. */
export const starts = async (folder: string): Promise<void> => {
  const models = resolve(import.meta.dir, '../../../models')
  const times: number[] = []
  for (let run = 0; run < RUNS; run++) {
    const program = await startProgram({ data: join(folder, 'data'), models })
    const ready = await fetch(`${program.url}/readyz`)
    if (ready.status !== 200) throw new Error(await ready.text())
    times.push(program.started)
    program.child.kill('SIGTERM')
    await program.child.exited
  }
  console.log(
    `start to ready with the demo bundle: median ${quantile(times, 0.5).toFixed(0)} ms, ` +
      `worst of ${RUNS} ${Math.max(...times).toFixed(0)} ms`,
  )
}
