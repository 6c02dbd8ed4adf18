import { openDatabase } from '../../src/db/open.ts'
import { madeAnomaly } from './made.ts'

/**
 * Stores batches of 40 anomalies, each with its checkpoint and event in one transaction, and prints
 * the number of each that is safe. With `half` it stops in the middle of a transaction.
 */
const [file, how] = process.argv.slice(2) as [string, string | undefined]
const db = openDatabase(file)
let batch = db.pipeline.checkpoint()?.next[0] ?? 0
for (;;) {
  db.transaction(() => {
    for (let i = batch * 40; i < batch * 40 + 40; i++) {
      db.anomalies.add(madeAnomaly(i, 5), { stored: i })
      if (how === 'half' && i % 40 === 20) {
        console.log(JSON.stringify({ half: batch }))
        for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000)
      }
    }
    batch++
    db.events.add({ type: 'anomaly', data: `${batch}` })
    db.pipeline.saveCheckpoint({
      next: { 0: batch },
      model: { name: 'a', version: 'b' },
      state: new Uint8Array(100_000).fill(batch % 256),
      created: batch,
    })
  })
  console.log(JSON.stringify({ safe: batch }))
}
