import type { Inference, PipelineHandle, PipelineStats } from '../../src/api/deps.ts'
import type { EventFeed } from '../../src/api/event-feed.ts'
import type { Metrics } from '../../src/api/metrics.ts'
import type { Bus, BusMessage } from '../../src/bus/bus.ts'
import { TOPICS } from '../../src/bus/bus.ts'
import { createGrouper } from '../../src/core/incident/grouper.ts'
import type { Anomaly } from '../../src/core/types.ts'
import type { Database } from '../../src/db/database.ts'
import { storeFindings } from '../../src/serve/pipeline/findings.ts'

const ZERO: PipelineStats = {
  lines: 0,
  sessions: 0,
  anomalies: 0,
  linesPerSecond: 0,
  openSessions: 0,
  heldEvents: 0,
  sources: 0,
  templates: 0,
  unseenTemplates: 0,
  lag: 0,
  lateLines: 0,
  cutLines: 0,
  evicted: 0,
  cacheHits: 0,
  cacheMisses: 0,
  checkpoints: 0,
  suppressed: 0,
}

/** A rule in place of a model, so that the HTTP interface is tested by itself: `boom` is odd. */
export const boomIn = (
  { text, source, arrived }: BusMessage,
  line: number,
  version: string,
): Anomaly | undefined =>
  text.includes('boom')
    ? {
        id: `${version}-${source}-${line}`,
        at: arrived,
        firstSeen: arrived,
        lastSeen: arrived,
        source,
        session: `line ${line}`,
        kind: 'new template',
        score: text.length,
        pValue: 0.0001,
        voices: [{ name: 'boom', score: 9, pValue: 0.0001 }],
        lines: [
          {
            line,
            at: arrived,
            text,
            template: text.replace(/\d+/g, '<*>'),
            templateId: text.length,
            surprise: 9,
            entropy: 0.2,
            expected: [{ templateId: 1, template: 'all is well', p: 0.9 }],
            odd: true,
          },
        ],
        missing: [],
        model: { name: 'default', version },
      }
    : undefined

export interface BoomPipeline extends PipelineHandle {
  /** Reads the bus to its end: what it finds is stored and told. */
  run(): Promise<void>
  /** What is served; none when undefined. */
  version: string | undefined
  /** How often it was asked to look at what people decided. */
  refreshed: number
  close(): Promise<void>
}

interface BoomDeps {
  bus: Bus
  db: Database
  feed: EventFeed
  metrics: Metrics
  group: string
}

export const createBoomPipeline = async (deps: BoomDeps): Promise<BoomPipeline> => {
  const { bus, db, feed, metrics, group } = deps
  const consumer = await bus.subscribe(TOPICS.input, group)
  const stats = { ...ZERO }
  const templates = new Map<string, number>()
  const grouper = createGrouper()
  const pipeline: BoomPipeline = {
    version: undefined,
    refreshed: 0,
    model: () =>
      pipeline.version === undefined ? undefined : { name: 'default', version: pipeline.version },
    trouble: () => undefined,
    stats: () => stats,
    async infer(lines) {
      const version = pipeline.version!
      const anomalies = lines.flatMap((line, i) => boomIn(line, i + 1, version) ?? [])
      const model = { name: 'default', version }
      return { verdicts: [], anomalies, model } satisfies Inference
    },
    templates: async () =>
      [...templates].map(([text, lines], i) => ({ id: i + 1, text, known: i === 0, lines })),
    async refresh() {
      pipeline.refreshed++
    },
    async run() {
      for (;;) {
        const batch = await consumer.take(1000, 0)
        if (batch === undefined) return
        db.transaction(() => {
          const anomalies = batch.messages.flatMap(message => {
            const template = message.text.replace(/\d+/g, '<*>')
            templates.set(template, (templates.get(template) ?? 0) + 1)
            return boomIn(message, message.offset + 1, pipeline.version!) ?? []
          })
          const courses = anomalies.map(({ lines }) => ({
            kind: 'key' as const,
            templates: lines.map(({ template }) => template),
          }))
          const now = Date.now()
          const suppressions = () => db.suppressions.active(now)
          const { fresh } = storeFindings(
            { anomalies, courses },
            { db, rules: { grouper, suppressions, reload: () => undefined }, now: () => now },
          )
          stats.anomalies += fresh.length
          for (const { kind } of fresh) {
            metrics.count({ kinds: { [kind]: 1 }, seconds: [0.01], failed: 0, badModels: 0 })
          }
        })
        stats.lines += batch.messages.length
        await consumer.commit(batch.partition, batch.next)
        feed.advance()
      }
    },
    close: () => consumer.close(),
  }
  return pipeline
}
