import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AnomalyQuery, Database } from '../../src/db/database.ts'
import { openDatabase } from '../../src/db/open.ts'
import { madeAnomaly, START } from '../db/made.ts'
import type { Bench } from './bench.ts'

const COUNT = 100_000
const STEP = 1000
const HOUR = 3_600_000

const timed = <T>(work: () => T): [ms: number, result: T] => {
  const start = performance.now()
  const result = work()
  return [performance.now() - start, result]
}

const percentile = (sorted: readonly number[], p: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))]!

const fill = (db: Database, lines: number): number => {
  const [ms] = timed(() => {
    for (let i = 0; i < COUNT; i += STEP) {
      db.transaction(() => {
        for (let j = i; j < i + STEP; j++) {
          const more = j % 10 === 0 ? { incident: `i${Math.floor(j / 1000)}` } : {}
          db.anomalies.add(madeAnomaly(j, lines, more), { stored: START + j })
        }
      })
    }
  })
  return (COUNT / ms) * 1000
}

const MIDDLE = START + (COUNT / 2) * 1000

const QUERIES: Record<string, AnomalyQuery> = {
  newest: {},
  'an hour': { from: MIDDLE, to: MIDDLE + HOUR },
  source: { source: 'node-7' },
  'no such source': { source: 'none' },
  'one kind': { kinds: ['count'] },
  'a kind that is rare': { kinds: ['value'] },
  'score at least .99': { minScore: 0.99 },
  'score out of reach': { minScore: 2 },
  'state open': { states: ['open'] },
  'state that is rare': { states: ['normal'] },
  incident: { incident: 'i42' },
  session: { session: `blk_${4242 * 7919}` },
  'text of all': { text: 'receiving BLOCK' },
  'text of one': { text: `BLK_${4242 * 7919} ` },
  'text of none': { text: 'connection refused' },
  'text of none, one source': { text: 'connection refused', source: 'node-7' },
}

const search = (file: string): void => {
  console.log(`\n  ${'50 of a search'.padEnd(28)} cold ms  warm ms  count ms`)
  for (const [name, query] of Object.entries(QUERIES)) {
    const db = openDatabase(file)
    const [cold] = timed(() => db.anomalies.list(query))
    const warm = Array.from({ length: 5 }, () => timed(() => db.anomalies.list(query))[0])
    warm.sort((a, b) => a - b)
    const [count] = timed(() => db.anomalies.count(query))
    db.close()
    const cells = [cold, warm[2]!, count].map(ms => ms.toFixed(1).padStart(8))
    console.log(`  ${name.padEnd(28)}${cells.join(' ')}`)
  }
}

const turnPages = (db: Database): void => {
  const [ms, seen] = timed(() => {
    let n = 0
    for (const batch of db.anomalies.each({})) n += batch.length
    return n
  })
  console.log(`\n  all in batches of 200: ${((seen / ms) * 1000).toFixed(0)}/s`)
}

const hide = (db: Database): void => {
  const ids = [...db.anomalies.each({ source: 'node-7' })].flat().map(({ id }) => id)
  const [ms] = timed(() =>
    db.transaction(() => {
      for (const id of ids) db.anomalies.setState(id, 'suppressed', 's1')
    }),
  )
  const [undo] = timed(() => {
    while (db.anomalies.reopenSuppressed('s1') > 0) {}
  })
  const [last] = timed(() => db.anomalies.reopenSuppressed('s1'))
  console.log(
    `  ${ids.length} suppressed one by one in ${ms.toFixed(0)} ms, undone in ${undo.toFixed(0)} ms ` +
      `(nothing to undo: ${last.toFixed(1)} ms)`,
  )
}

const checkpoint = (db: Database): void => {
  const state = new Uint8Array(32 << 20).map((_, i) => i * 31)
  const save = () => {
    // Pages that stay the same are not written.
    for (let i = 0; i < state.length; i += 1024) state[i]!++
    db.pipeline.saveCheckpoint({
      next: { 0: 1 },
      model: { name: 'a', version: 'b' },
      state,
      created: 1,
    })
  }
  const times = Array.from({ length: 6 }, () => timed(save)[0].toFixed(0))
  const [read] = timed(() => db.pipeline.checkpoint())
  console.log(
    `  checkpoint of 32 MiB: saved in ${times.join(', ')} ms, read in ${read.toFixed(0)} ms`,
  )
}

const events = (db: Database): void => {
  const data = JSON.stringify(madeAnomaly(1))
  const [ms] = timed(() =>
    db.transaction(() => {
      for (let i = 0; i < 50_000; i++) db.events.add({ type: 'anomaly', data, source: 'a' })
    }),
  )
  const [read, found] = timed(() => db.events.after(25_000, 1000))
  console.log(
    `  events: ${((50_000 / ms) * 1000).toFixed(0)}/s in one transaction, ` +
      `${found.length} read in ${read.toFixed(1)} ms`,
  )
}

const retention = (db: Database, file: string): void => {
  const size = statSync(file).size
  const times: number[] = []
  let gone = 0
  const rules = {
    now: START + COUNT,
    maxAgeMs: COUNT / 2,
    maxAnomalies: COUNT,
    maxEvents: 10_000,
  }
  for (;;) {
    const [ms, rows] = timed(() => db.retain(rules))
    times.push(ms)
    gone += rows.anomalies ?? 0
    if (Object.keys(rows).length === 0) break
  }
  const idle = Array.from({ length: 400 }, () => timed(() => db.retain(rules))[0])
  db.close()
  const sorted = times.toSorted((a, b) => a - b)
  console.log(
    `  retention: ${gone} anomalies gone in ${times.length} calls, ` +
      `p50 ${percentile(sorted, 0.5).toFixed(0)} ms, most ${sorted.at(-1)!.toFixed(0)} ms; then ` +
      `${idle.length} calls that shrink, most ${Math.max(...idle).toFixed(0)} ms, last ` +
      `${idle.at(-1)!.toFixed(1)} ms; ${size >> 20} MiB before, ${statSync(file).size >> 20} after`,
  )
}

const report = (lines: number): void => {
  const folder = mkdtempSync(join(tmpdir(), 'logbert-bench-'))
  const file = join(folder, 'logbert.db')
  try {
    const db = openDatabase(file)
    const rate = fill(db, lines)
    console.log(
      `\n${COUNT} anomalies of ${JSON.stringify(madeAnomaly(1, lines)).length} bytes, ` +
        `${STEP} a transaction: ${rate.toFixed(0)}/s, ${statSync(file).size >> 20} MiB`,
    )
    search(file)
    turnPages(db)
    hide(db)
    checkpoint(db)
    events(db)
    retention(db, file)
    db.close()
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export const bench: Bench = {
  name: 'db',
  about: 'anomalies stored per second, searches among 100,000, retention, checkpoints',
  async run() {
    report(1)
    report(30)
  },
}
