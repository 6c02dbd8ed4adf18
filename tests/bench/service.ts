import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { killAll } from '../serve/program.ts'
import type { Bench } from './bench.ts'
import { clients } from './service/clients.ts'
import { latency } from './service/latency.ts'
import { starts } from './service/starts.ts'
import { throughput } from './service/throughput.ts'

const PARTS: Record<string, (folder: string, args: string[]) => Promise<void>> = {
  throughput,
  latency,
  clients,
  starts,
}

export const bench: Bench = {
  name: 'service',
  about:
    'the server over HTTP: throughput [million lines] [epochs], latency [lines/s], clients [n], starts',
  async run([part, ...args]) {
    const wanted = part === undefined ? Object.keys(PARTS) : [part]
    for (const name of wanted) {
      const folder = mkdtempSync(join(tmpdir(), 'logbert-bench-'))
      try {
        await PARTS[name]!(folder, args)
      } finally {
        killAll()
        rmSync(folder, { recursive: true, force: true })
      }
    }
  },
}
