import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createEmbeddedBus } from '../../src/bus/embedded.ts'
import { busContract } from './contract.ts'

busContract('embedded bus', {
  open: async place => createEmbeddedBus({ file: place }),
  module: join(import.meta.dir, 'open-embedded.ts'),
  create: async () => join(await mkdtemp(join(tmpdir(), 'bus-')), 'bus.db'),
  remove: place => rm(dirname(place), { recursive: true }),
})
