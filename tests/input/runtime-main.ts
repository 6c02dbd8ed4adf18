import { readLines } from '../../src/core/input/read-lines.ts'
import { openInput } from '../../src/platform/files.ts'
import { gunzip } from '../../src/platform/gunzip.ts'

/** Prints the lines of each file, or why it cannot be read, as one JSON object a file. */
for (const path of (globalThis as { process?: { argv: string[] } }).process!.argv.slice(2)) {
  const lines: string[] = []
  try {
    for await (const batch of readLines(await openInput(path), { gunzip })) lines.push(...batch)
    console.log(JSON.stringify({ lines }))
  } catch (error) {
    console.log(JSON.stringify({ fault: (error as Error).message.replace(/\(.*\)/, '()') }))
  }
}
