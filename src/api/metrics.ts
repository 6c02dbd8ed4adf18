import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** All that is counted. The names of training and inference are fixed by contract. */
export const createMetrics = () => {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name, help, labelNames, registers })
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers })
  return {
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
    latency: new Histogram({
      name: 'inference_latency_seconds',
      help: 'Time to parse and score one batch',
      buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
      registers,
    }),
    lines: counter('logbert_lines_total', 'Lines taken in'),
    bytes: counter('logbert_bytes_total', 'Characters of lines taken in'),
    sessions: counter('logbert_sessions_total', 'Sessions scored'),
    queued: gauge('logbert_queued_lines', 'Lines that wait for the detector'),
    refused: counter('logbert_refused_total', 'Requests and lines refused', ['reason']),
    cut: counter('logbert_cut_lines_total', 'Lines cut at the longest length'),
    clients: gauge('logbert_sse_clients', 'Connected SSE clients'),
    lost: counter('logbert_sse_lost_events_total', 'Events overwritten before a client read them'),
    model: gauge('logbert_model_info', 'The served model', ['name', 'version']),
  }
}

export type Metrics = ReturnType<typeof createMetrics>
