import type { Decisions, PipelineHandle } from '../api/deps.ts'
import type { EventFeed } from '../api/event-feed.ts'
import type { Bus, BusLag } from '../bus/bus.ts'
import { createEmbeddedBus } from '../bus/embedded.ts'
import type { Config } from '../config.ts'
import type { Anomaly } from '../core/types.ts'
import type { Database } from '../db/database.ts'
import { type Context, contextByPlace } from './causes/context.ts'
import { busOptions } from './data-folder.ts'
import { createDecisions } from './decisions.ts'
import { keepHouse } from './housekeeping.ts'
import { GROUP } from './pipeline/embedded-reader.ts'

export interface SiteDeps {
  config: Config
  db: Database
  feed: EventFeed
  pipeline: PipelineHandle
  note(text: string): void
}

/** What a node shares with others, or keeps for itself where it is the only one. */
export interface Site {
  bus: Bus
  /** Name under which the input is read. */
  group: string
  decisions: Decisions
  /** Lines around anomalies. */
  context(anomalies: readonly Anomaly[]): Promise<Context>
  /** How far sorted lines have been read, where lines are sorted first. */
  sortedLag?(): Promise<BusLag[]>
  /** Why what was found is not taken over now; undefined where it is. */
  trouble(): string | undefined
  /** Anomalies hidden by a rule as they were taken over here. */
  suppressed(): number
  close(): Promise<void>
}

/** The only node: it shares with nobody. */
export const embeddedSite = ({ config, db, feed, pipeline, note }: SiteDeps): Site => {
  const bus = createEmbeddedBus(busOptions(config))
  const { maxAgeHours, maxBytes } = config.bus
  const retain = (now: number): Promise<unknown> =>
    bus.retain({ now, maxAgeMs: 3_600_000 * maxAgeHours, maxBytes })
  const end = keepHouse(config, { db, retain, note })
  return {
    ...{ bus, group: GROUP },
    decisions: createDecisions({ db, pipeline, publish: feed.publish }),
    context: anomalies => contextByPlace(bus, anomalies),
    trouble: () => undefined,
    suppressed: () => 0,
    async close() {
      end()
      await bus.close()
    },
  }
}
