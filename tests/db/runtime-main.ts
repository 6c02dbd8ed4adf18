import { openDatabase } from '../../src/db/open.ts'
import { madeAnomaly, madeIncident, saying } from './made.ts'

/**
 * Opens the database that is named first, reads what is in it, adds to it and reads again; prints
 * what it saw, one JSON object a line. Every runtime must print the same.
 */
const say = (seen: Record<string, unknown>): void => console.log(JSON.stringify(seen))
const [file, from, full] = (
  globalThis as unknown as { process: { argv: string[] } }
).process.argv.slice(2) as [string, string, string]

const db = openDatabase(file)
const start = Number(from)
say({ before: db.anomalies.count({}), incidents: db.incidents.list({}).items.length })
db.transaction(() => {
  for (let i = start; i < start + 100; i++) db.anomalies.add(madeAnomaly(i), { stored: i })
  db.anomalies.add(saying(start + 100, 'a\0NUL ÄÖ 😀 100%'), { stored: 1, suppressedBy: 's' })
  db.incidents.put(madeIncident(start))
  db.events.add({ type: 'anomaly', data: '{}', source: 'a\0b' })
  db.pipeline.saveCheckpoint({
    next: { 0: start },
    model: { name: 'a', version: 'b' },
    state: new Uint8Array(5).fill(7),
    created: 1,
  })
})
const page = db.anomalies.list({ limit: 3, text: 'RECEIVING' })
say({ page, next: db.anomalies.list({ limit: 3, text: 'RECEIVING', cursor: page.next! }) })
say({ found: db.anomalies.list({ text: 'nul äö 😀 100%' }).items })
say({ sources: db.events.after(0, 100).map(({ source }) => source) })
say({ checkpoint: [...db.pipeline.checkpoint()!.state] })
say({ undone: db.anomalies.reopenSuppressed('s') })
say({ gone: db.retain({ now: 0, maxAgeMs: 0, maxEvents: 1, maxAnomalies: 1e6 }) })
db.close()

const attempt = (action: () => unknown): void => {
  try {
    action()
  } catch (error) {
    const { code, message } = error as { code: string; message: string }
    say({ code, said: message.replace(/\(.*/, '').replaceAll(full, 'FILE') })
  }
}
attempt(() => openDatabase(`${full}/none.db`))
attempt(() => openDatabase(full))
const small = openDatabase(`${full}.${start}`, { maxBytes: 1 << 20 })
attempt(() =>
  small.transaction(() => {
    for (let i = 0; i < 5000; i++) small.anomalies.add(madeAnomaly(i), { stored: i })
  }),
)
say({ left: small.anomalies.count({}) })
attempt(() => small.feedback.list({ cursor: 'x' }))
