import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { BusLag } from '../bus/bus.ts'
import type { PipelineCounts, PipelineStats } from './deps.ts'
import { wordMetrics } from './word-metrics.ts'

/** All that is counted. The names of training and inference are fixed by contract. */
export const createMetrics = () => {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name, help, labelNames, registers })
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers })
  const seconds = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name, help, buckets, registers })
  const metrics = {
    registry,
    trainingRuns: counter('training_runs_total', 'Training runs, by how they ended', ['state']),
    trainingEpochs: counter('training_epochs_total', 'Epochs trained'),
    trainingLoss: gauge('training_loss', 'Loss of the latest epoch'),
    trainingPrecision: gauge('training_precision', 'Precision in the latest evaluation'),
    trainingRecall: gauge('training_recall', 'Recall in the latest evaluation'),
    trainingF1: gauge('training_f1_score', 'F1 in the latest evaluation'),
    trainingAuc: gauge('training_roc_auc', 'Area under ROC in the latest evaluation'),
    trainingGradient: gauge('training_gradient_norm', 'Gradient norm of the latest epoch'),
    trainingRate: gauge('training_learning_rate', 'Learning rate of the latest epoch'),
    inferenceRuns: counter('inference_runs_total', 'Batches scored'),
    anomalies: counter('inference_anomalies_detected', 'Anomalies found', ['kind']),
    entropyMean: gauge(
      'inference_entropy_mean',
      'Mean surprise per line of the latest anomaly, nats',
    ),
    entropyMax: gauge('inference_entropy_max', 'Largest surprise of the latest anomaly, nats'),
    distanceMean: gauge('inference_distance_mean', 'Mean voice score of the latest anomaly'),
    distanceMax: gauge('inference_distance_max', 'Largest voice score of the latest anomaly'),
    latency: seconds(
      'inference_latency_seconds',
      'Time to parse and score one batch',
      [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
    ),
    lines: counter('logbert_lines_total', 'Lines taken in and safe'),
    bytes: counter('logbert_bytes_total', 'Characters of lines taken in'),
    refused: counter('logbert_refused_total', 'Requests refused', ['reason']),
    refusedLines: counter('logbert_refused_lines_total', 'Lines refused', ['reason']),
    cut: counter('logbert_cut_lines_total', 'Lines cut at the longest length on their way in'),
    replaced: counter('logbert_invalid_utf8_lines_total', 'Lines with bytes that were no UTF-8'),
    clients: gauge('logbert_sse_clients', 'Connected SSE clients'),
    lost: counter('logbert_sse_lost_events_total', 'Events removed before a client read them'),
    feedback: counter('logbert_feedback_total', 'Anomalies that people judged', ['verdict']),
    rcaLatency: seconds(
      'logbert_rca_latency_seconds',
      'Time to answer a root cause, its text included',
      [0.001, 0.01, 0.1, 1, 5, 30],
    ),
    rcaReports: counter('logbert_rca_reports_total', 'Root causes told, by what from', [
      ...['basis', 'found'],
    ]),
    rcaUnshared: counter(
      'logbert_rca_unshared_total',
      'Root causes that could not be published for other nodes; they stand at this one',
    ),
    ...wordMetrics(registers),
    badModels: counter('logbert_bad_models_total', 'Versions that could not be served'),
    rebalances: counter('logbert_kafka_rebalances_total', 'Times that partitions were given out'),
    commits: seconds(
      'logbert_kafka_commit_seconds',
      'Time until the brokers had an offset',
      [0.005, 0.02, 0.1, 0.5, 2, 10],
    ),
    deadLetters: counter('logbert_dead_letters_total', 'Messages set aside, with the reason'),
    torn: counter(
      'logbert_kafka_torn_sessions_total',
      'Anomalies of sessions that cross sources, whose lines came keyed by source or not at all',
    ),
    missed: counter(
      'logbert_kafka_missed_messages_total',
      'Messages that retention took before they were read',
    ),
  }
  return {
    ...metrics,
    /** Adds what the pipeline did since it last told. */
    count(counts: PipelineCounts): void {
      const { kinds, seconds: spent, surprise, distance, failed, badModels } = counts
      for (const [kind, found] of Object.entries(kinds)) metrics.anomalies.inc({ kind }, found)
      metrics.inferenceRuns.inc(spent.length)
      for (const each of spent) metrics.latency.observe(each)
      if (surprise !== undefined) {
        metrics.entropyMean.set(surprise.mean)
        metrics.entropyMax.set(surprise.max)
      }
      if (distance !== undefined) {
        metrics.distanceMean.set(distance.mean)
        metrics.distanceMax.set(distance.max)
      }
      if (failed > 0) metrics.refusedLines.inc({ reason: 'scoring_failed' }, failed)
      if (badModels > 0) metrics.badModels.inc(badModels)
    },
  }
}

export type Metrics = ReturnType<typeof createMetrics>

/** What is asked for when Prometheus comes. */
export interface Observed {
  stats(): PipelineStats
  lag(): Promise<readonly BusLag[]>
  /** Of sorted lines, where lines are sorted first. */
  sortedLag?(): Promise<readonly BusLag[]>
  model(): { name: string; version: string } | undefined
}

type Total = [stat: keyof PipelineStats, name: string, help: string]

const TOTALS: readonly Total[] = [
  ['lines', 'logbert_pipeline_lines_total', 'Lines parsed'],
  ['sessions', 'logbert_sessions_total', 'Sessions scored'],
  ['anomalies', 'logbert_anomalies_total', 'Anomalies stored'],
  ['suppressed', 'logbert_suppressed_total', 'Anomalies hidden by a rule as they came'],
  ['lateLines', 'logbert_late_lines_total', 'Lines that came too late for their session'],
  ['cutLines', 'logbert_pipeline_cut_lines_total', 'Lines cut by the pipeline'],
  ['evicted', 'logbert_evicted_sessions_total', 'Sessions closed to keep memory bounded'],
  ['cacheHits', 'logbert_score_cache_hits_total', 'Sequences whose score was known'],
  ['cacheMisses', 'logbert_score_cache_misses_total', 'Sequences that had to be scored'],
  ['checkpoints', 'logbert_checkpoints_total', 'Checkpoints of the pipeline'],
]

const LEVELS: readonly Total[] = [
  ['linesPerSecond', 'logbert_lines_per_second', 'Lines parsed a second, lately'],
  ['openSessions', 'logbert_open_sessions', 'Sessions that are not complete'],
  ['heldEvents', 'logbert_held_events', 'Events in open sessions'],
  ['sources', 'logbert_sources', 'Sources seen'],
  ['templates', 'logbert_templates', 'Templates known'],
  ['unseenTemplates', 'logbert_unseen_templates', 'Templates that training did not see'],
  ['lag', 'logbert_queued_lines', 'Lines in the bus that the pipeline has not read'],
]

/** Adds what others know; it is asked for at each scrape. Once for each registry. */
export const observe = ({ registry }: Metrics, observed: Observed): void => {
  const registers = [registry]
  for (const [stat, name, help] of TOTALS) {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset()
        this.inc(observed.stats()[stat])
      },
    })
  }
  for (const [stat, name, help] of LEVELS) {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(observed.stats()[stat])
      },
    })
  }
  lagGauge(
    registry,
    'logbert_consumer_lag',
    'Lines of a partition that are not dealt with',
    observed.lag,
  )
  if (observed.sortedLag !== undefined) {
    lagGauge(
      registry,
      'logbert_sorted_lag',
      'Sorted lines of a partition that are not dealt with',
      observed.sortedLag,
    )
  }
  new Gauge({
    name: 'logbert_model_info',
    help: 'The served model',
    labelNames: ['name', 'version'],
    registers,
    collect() {
      this.reset()
      const served = observed.model()
      if (served !== undefined) this.set({ ...served }, 1)
    },
  })
}

const lagGauge = (
  registry: Registry,
  name: string,
  help: string,
  ask: () => Promise<readonly BusLag[]>,
): void => {
  new Gauge({
    ...{ name, help, labelNames: ['partition'], registers: [registry] },
    async collect() {
      this.reset()
      // While the bus cannot say it, there is no figure, and the other figures come all the same.
      const lags = await ask().catch(() => [])
      for (const { partition, end, committed } of lags) this.set({ partition }, end - committed)
    },
  })
}
