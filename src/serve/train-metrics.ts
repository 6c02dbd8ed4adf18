import type { TrainJob, TrainJobProgress } from '../api/train-service.ts'
import type { Result } from '../core/evaluate/result.ts'

interface Gauge {
  set(value: number): void
}

/** What is counted of training. */
export interface TrainMetrics {
  trainingRuns: { inc(labels: { state: string }): void }
  trainingEpochs: { inc(): void }
  trainingLoss: Gauge
  trainingGradient: Gauge
  trainingRate: Gauge
  trainingPrecision: Gauge
  trainingRecall: Gauge
  trainingF1: Gauge
  trainingAuc: Gauge
}

const setTo = (gauge: Gauge, value: unknown): void => {
  if (typeof value === 'number' && Number.isFinite(value)) gauge.set(value)
}

export const countProgress = (metrics: TrainMetrics, progress: TrainJobProgress): void => {
  // An epoch is over when its model is checked.
  if (progress.stage === 'validate') metrics.trainingEpochs.inc()
  setTo(metrics.trainingLoss, progress.loss)
  setTo(metrics.trainingGradient, progress.gradientNorm)
  setTo(metrics.trainingRate, progress.learningRate)
}

/** Counts how a job ended, and what it reached where there were labels. */
export const countEnd = (metrics: TrainMetrics, { state, result }: TrainJob): void => {
  metrics.trainingRuns.inc({ state })
  const labelled = result?.evaluation?.labelled as { results: Record<string, Result> } | undefined
  const reached = labelled?.results['logbert edge']?.all
  setTo(metrics.trainingPrecision, reached?.precision)
  setTo(metrics.trainingRecall, reached?.recall)
  setTo(metrics.trainingF1, reached?.f1)
  setTo(metrics.trainingAuc, reached?.auroc)
}
