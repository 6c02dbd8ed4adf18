import { type Bus, TOPICS } from '../../bus/bus.ts'
import type { Config } from '../../config.ts'
import type { StreamState } from '../../core/pipeline/stream-types.ts'
import type { Database } from '../../db/database.ts'
import { createReader, type EmbeddedReader, endOf, PARTITION } from './embedded-reader.ts'
import { storeFindings } from './findings.ts'
import type { Intake, Place } from './place.ts'
import { createRules } from './rules.ts'
import { taughtOf } from './taught-of.ts'

export interface EmbeddedDeps {
  config: Config
  bus: Bus
  db: Database
  /** Events up to this one are stored. */
  stored(upTo: number): void
}

/** The one partition of the embedded bus, which is always ours. */
export const embeddedIntake = (deps: EmbeddedDeps): Intake => ({
  open: async ({ assigned }) => assigned(createEmbeddedPlace(deps)),
  taught: () => taughtOf(deps.db),
  close: async () => undefined,
})

/** State and findings are in the same database, so that one transaction holds what belongs together. */
const createEmbeddedPlace = ({ config, bus, db, stored }: EmbeddedDeps): Place => {
  const rules = createRules(db, config)
  return {
    partition: PARTITION,
    async saved() {
      const point = db.pipeline.checkpoint()
      if (point === undefined) return undefined
      const state: StreamState = JSON.parse(new TextDecoder().decode(point.state))
      const next = point.next[PARTITION] ?? 0
      return { model: point.model, state, next, ticks: db.pipeline.ticks() }
    },
    end: () => endOf(bus),
    read(saved) {
      // A put that failed may have left its marks in the grouper.
      rules.reload()
      return createReader(bus, saved)
    },
    async fetch(positions) {
      const found = await bus.fetch(TOPICS.input, PARTITION, positions)
      return found.map(line => line && { ...line, position: line.offset })
    },
    async put(found, next) {
      if (found.anomalies.length === 0) return { fresh: [], suppressed: 0 }
      const now = Date.now()
      const done = db.transaction(() => {
        db.pipeline.addTick({ partition: PARTITION, next, ms: 0 })
        return storeFindings(found, { db, rules, now: () => now })
      })
      if (done.lastEvent > 0) stored(done.lastEvent)
      return done
    },
    addTick: tick => db.pipeline.addTick(tick),
    async save({ next, model, state }, reader) {
      db.pipeline.saveCheckpoint(
        {
          next: { [PARTITION]: next },
          ...{ model, created: Date.now() },
          state: new TextEncoder().encode(JSON.stringify(state)),
        },
        reader.pending,
      )
      await (reader as EmbeddedReader).commit()
    },
    ...{ due: false, crowded: false, keep: () => undefined },
    bury: lines => bus.publish(TOPICS.dlq, lines),
    decide: rules.reload,
  }
}
