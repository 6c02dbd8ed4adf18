import type { Detection, Detector } from '../api/deps.ts'
import type { EventRing } from '../api/event-ring.ts'
import type { Metrics } from '../api/metrics.ts'
import type { Anomaly } from '../core/types.ts'
import type { LineQueue } from './line-queue.ts'

/** The detector that watches the stream; it can be exchanged while lines come. */
export interface Live {
  /** Finishes with the old model and goes on with this one, from the next line. */
  use(detector: Detector): void
  readonly model: { name: string; version: string } | undefined
  /** Ends after what is being scored. */
  stop(): Promise<void>
}

export interface LiveDeps {
  queue: LineQueue
  events: EventRing
  metrics: Metrics
  /** Called with anything thrown while scoring; the lines of that batch are lost and counted. */
  fail(error: unknown): void
}

const BATCH = 2_000
const IDLE_MS = 500
const STATS_MS = 2_000

/** Starts the loop queue → detector → events. Lines wait in the queue until there is a model. */
export const startLive = (deps: LiveDeps): Live => {
  const { queue, events, metrics } = deps
  let detector: Detector | undefined
  let next: Detector | undefined
  let running = true
  const totals = { lines: 0, sessions: 0, anomalies: 0 }
  let told = { ...totals, at: 0 }
  let latest = performance.now()

  const publish = (found: Detection): void => {
    totals.sessions += found.verdicts.length
    metrics.sessions.inc(found.verdicts.length)
    for (const anomaly of found.anomalies) {
      totals.anomalies++
      countAnomaly(metrics, anomaly)
      events.publish('anomaly', anomaly)
    }
  }
  const tell = (): void => {
    const now = performance.now()
    if (now - told.at < STATS_MS || told.lines === totals.lines) return
    const rate = (1000 * (totals.lines - told.lines)) / (now - told.at)
    events.publish('stats', { ...totals, linesPerSecond: Math.round(rate), queued: queue.queued })
    told = { ...totals, at: now }
  }
  const step = async (): Promise<void> => {
    if (next !== undefined) {
      if (detector !== undefined) publish(await detector.flush())
      detector = next
      next = undefined
      metrics.model.reset()
      metrics.model.set({ name: detector.model.name, version: detector.model.version }, 1)
      events.publish('model', detector.model)
    }
    if (detector === undefined) {
      await new Promise(resolve => setTimeout(resolve, 50))
      return
    }
    const lines = await queue.take(BATCH, IDLE_MS)
    if (lines.length > 0) {
      totals.lines += lines.length
      metrics.lines.inc(lines.length)
      metrics.bytes.inc(lines.reduce((sum, line) => sum + line.text.length, 0))
      metrics.inferenceRuns.inc()
      const stop = metrics.latency.startTimer()
      try {
        publish(await detector.feed(lines))
      } catch (error) {
        metrics.refused.inc({ reason: 'scoring_failed' }, lines.length)
        throw error
      } finally {
        stop()
      }
    }
    if (lines.length > 0) latest = performance.now()
    else publish(await detector.quiet(performance.now() - latest))
    tell()
  }
  const loop = async (): Promise<void> => {
    while (running) {
      try {
        await step()
      } catch (error) {
        deps.fail(error)
      }
      // Requests get their turn between batches.
      await new Promise(resolve => setImmediate(resolve))
    }
  }
  const done = loop()
  return {
    use: given => {
      next = given
    },
    get model() {
      return (next ?? detector)?.model
    },
    async stop() {
      running = false
      queue.wake()
      await done
    },
  }
}

const countAnomaly = (metrics: Metrics, anomaly: Anomaly): void => {
  metrics.anomalies.inc({ kind: anomaly.kind })
  const surprises = anomaly.lines.map(line => line.surprise)
  if (surprises.length > 0) {
    metrics.entropyMean.set(surprises.reduce((a, b) => a + b, 0) / surprises.length)
    metrics.entropyMax.set(Math.max(...surprises))
  }
  const scores = anomaly.voices.map(voice => voice.score)
  if (scores.length > 0) {
    metrics.distanceMean.set(scores.reduce((a, b) => a + b, 0) / scores.length)
    metrics.distanceMax.set(Math.max(...scores))
  }
}
