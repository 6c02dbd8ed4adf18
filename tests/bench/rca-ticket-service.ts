import { join } from 'node:path'
import * as v from 'valibot'
import { createEventFeed } from '../../src/api/event-feed.ts'
import { createMetrics } from '../../src/api/metrics.ts'
import { findingsOn, makeReport } from '../../src/api/root-causes.ts'
import { TOPICS } from '../../src/bus/bus.ts'
import { createEmbeddedBus } from '../../src/bus/embedded.ts'
import { type Config, schema } from '../../src/config/schema.ts'
import type { Incident, Severity } from '../../src/core/incident/incident.ts'
import { LOGBERT_DEFAULTS } from '../../src/core/logbert/config.ts'
import type { Engine } from '../../src/core/pipeline/engine.ts'
import type { StreamDetection } from '../../src/core/pipeline/stream-types.ts'
import type { KeptReport } from '../../src/core/rca/types.ts'
import type { Bundle } from '../../src/core/store/bundle.ts'
import { createRegistry } from '../../src/core/store/registry.ts'
import type { Anomaly, LogLine } from '../../src/core/types.ts'
import { openDatabase } from '../../src/db/open.ts'
import { folderStore } from '../../src/platform/files.ts'
import { contextByPlace } from '../../src/serve/causes/context.ts'
import { createCauseFinder } from '../../src/serve/causes/finder.ts'
import { storeFindings } from '../../src/serve/pipeline/findings.ts'
import { createRules } from '../../src/serve/pipeline/rules.ts'

const NAME = 'ticket'
const BATCH = 2_000
const TICK_MS = 2_000
/** Silence after the last line: longer than any session waits by default. */
const SILENCE_MS = 3_600_000
const ORDER: readonly Severity[] = ['low', 'medium', 'high']

/** Some lines as the service saw them. */
export interface Seen {
  anomalies: Anomaly[]
  incidents: Incident[]
  /** The gravest incident, of these the largest: what a person looks at first. */
  main?: { incident: Incident; report: KeptReport }
}

/** Trains as `logbert train` does where nothing but the budget is set, and says what came of it. */
export const train = async (
  engine: Engine,
  normal: readonly LogLine[],
  models: string,
  budget: number,
): Promise<Bundle> => {
  const registry = createRegistry(folderStore(models))
  const start = performance.now()
  const open = async function* () {
    yield [...normal]
  }
  const { epochs } = LOGBERT_DEFAULTS
  const options = { name: NAME, session: 'auto', seed: 1, epochs, backend: 'auto' } as const
  const draft = await engine.learn({ format: 'lines', open }, { ...options, budget }, () => {})
  const { version } = await registry.publish(draft)
  await registry.promote(NAME, version)
  const { sessions, distinct, logbert, warnings } = draft.training as Record<string, unknown>
  const seconds = ((performance.now() - start) / 1000).toFixed(0)
  console.log(
    `\n  trained on ${normal.length} lines in ${seconds} s: ${sessions} sessions, ` +
      `${distinct} distinct; ${JSON.stringify(logbert)}`,
  )
  for (const warning of warnings as string[]) console.log(`  warning: ${warning}`)
  return registry.load(NAME, version)
}

/**
 * What the service finds in lines, with its settings as they are where nothing is set: a bus, a stream,
 * incidents in a database, and the thread that looks for the cause of the gravest one.
 */
export const watch = async (
  engine: Engine,
  bundle: Bundle,
  lines: readonly LogLine[],
  { models, folder }: { models: string; folder: string },
): Promise<Seen> => {
  const config = v.parse(schema, {})
  const db = openDatabase(join(folder, 'logbert.db'))
  const bus = createEmbeddedBus({ file: join(folder, 'bus.db') })
  const feed = createEventFeed(db.events)
  const causes = createCauseFinder({
    spawn: () => new Worker(new URL('../../src/serve/causes/worker.ts', import.meta.url)),
    place: { models },
    model: () => bundle.manifest,
    context: anomalies => contextByPlace(bus, anomalies),
    note: text => console.log(`  ${text}`),
  })
  try {
    await bus.publish(TOPICS.input, lines)
    const rules = createRules(db, config)
    const anomalies: Anomaly[] = []
    for await (const found of detect(engine, bundle, lines, config)) {
      anomalies.push(...found.anomalies)
      db.transaction(() => storeFindings(found, { db, rules, now: Date.now }))
    }
    const incidents = db.incidents.list({ limit: 1000 }).items.sort(byGravity)
    const [incident] = incidents
    if (incident === undefined) return { anomalies, incidents }
    const deps = { db, causes, feed, metrics: createMetrics() }
    const { report } = await makeReport(deps, findingsOn(deps, incident))
    return { anomalies, incidents, main: { incident, report } }
  } finally {
    causes.close()
    feed.close()
    await bus.close()
    db.close()
  }
}

/** Lines as they come, then silence until every session is complete. */
async function* detect(
  engine: Engine,
  bundle: Bundle,
  lines: readonly LogLine[],
  { session, detect: { drift }, train: { backend } }: Config,
): AsyncGenerator<StreamDetection> {
  const { latenessSeconds, maxOpen, maxHeld, maxLength } = session
  const stream = await engine.stream(bundle, {
    ...{ latenessMs: 1000 * latenessSeconds, maxOpen, maxHeld, maxLength, drift, backend },
    fetch: async positions => positions.map(position => lines[position]),
  })
  const placed = lines.map((line, position): LogLine => ({ ...line, position }))
  for (let at = 0; at < placed.length; at += BATCH) yield stream.feed(placed.slice(at, at + BATCH))
  for (let ms = 0; stream.waiting && ms < SILENCE_MS; ms += TICK_MS) yield stream.tick(TICK_MS)
  yield stream.end()
}

const byGravity = (a: Incident, b: Incident): number =>
  ORDER.indexOf(b.severity) - ORDER.indexOf(a.severity) || b.anomalies - a.anomalies
