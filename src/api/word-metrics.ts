import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** What the model of language does that puts root causes in words. */
export const wordMetrics = (registers: Registry[]) => {
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name: `logbert_rca_text_${name}`, help, labelNames, registers })
  return {
    textRequests: counter('requests_total', 'Questions sent to the language model'),
    textFailures: counter('failures_total', 'Root causes left without text, by reason', ['reason']),
    textSeconds: new Histogram({
      name: 'logbert_rca_text_seconds',
      help: 'Time until a root cause had its text, waiting and repeating included',
      ...{ buckets: [0.5, 1, 2, 5, 10, 20, 60, 120], registers },
    }),
    textTokens: counter('tokens_total', 'Tokens used, of questions and of answers', ['kind']),
    textCacheHits: counter('cache_hits_total', 'Texts that were known already'),
    textRemoved: counter(
      'removed_sentences_total',
      'Sentences taken out: they cite or name what is not in the evidence',
      ['reason'],
    ),
    textBreaker: new Gauge({
      name: 'logbert_rca_text_breaker',
      help: 'Whether the language model is left alone (open), tried (half-open) or asked (closed)',
      ...{ labelNames: ['state'], registers },
    }),
  }
}
