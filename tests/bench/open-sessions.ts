import { createSequencer } from '../../src/core/sequence/session.ts'
import type { LogEvent } from '../../src/core/types.ts'
import type { Bench } from './bench.ts'

const EVENTS_EACH = 4
const MIB = 2 ** 20

const resident = (): number => {
  Bun.gc(true)
  return process.memoryUsage.rss() / MIB
}

export const bench: Bench = {
  name: 'open-sessions',
  about: 'memory and speed with very many open sessions of four events; args: sessions (1,000,000)',
  async run([count = '1000000']) {
    const sessions = Number(count)
    const before = resident()
    const sequencer = createSequencer({
      key: { place: { by: 'pattern', pattern: '(blk_\\d+)' }, scope: 'source' },
      idleMs: Number.MAX_SAFE_INTEGER,
      maxOpen: sessions,
      maxHeld: EVENTS_EACH * sessions,
    })
    const begun = performance.now()
    let line = 0
    for (let round = 0; round < EVENTS_EACH; round++) {
      for (let i = 0; i < sessions; i++) {
        line++
        const text = `touch blk_${100_000_000 + i * 7919} in round ${round}`
        const event: LogEvent = {
          ...{ line, at: line, dated: true, source: 'a', text },
          ...{ template: '', templateId: round, parameters: [] },
        }
        sequencer.push(event)
      }
    }
    const seconds = (performance.now() - begun) / 1000
    const after = resident()
    const saving = performance.now()
    const size = JSON.stringify(sequencer.snapshot()).length
    const saved = (performance.now() - saving) / 1000
    console.log(
      `${sequencer.stats.open.toLocaleString('en')} open sessions, ` +
        `${sequencer.stats.held.toLocaleString('en')} events: ${(after - before).toFixed(0)} MiB, ` +
        `${Math.round(line / seconds).toLocaleString('en')} events/s; their snapshot ` +
        `${(size / MIB).toFixed(0)} MiB in ${saved.toFixed(2)} s`,
    )
  },
}
