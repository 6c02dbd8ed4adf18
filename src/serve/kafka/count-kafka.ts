import type { Metrics } from '../../api/metrics.ts'
import type { KafkaEvent } from '../pipeline/protocol.ts'

export const countKafka = (metrics: Metrics, event: KafkaEvent): void => {
  if (event.type === 'rebalance') metrics.rebalances.inc()
  else if (event.type === 'commit') metrics.commits.observe(event.seconds)
  else if (event.type === 'dead') metrics.deadLetters.inc(event.messages)
  else if (event.type === 'cut') metrics.cut.inc(event.lines)
  else if (event.type === 'torn') metrics.torn.inc(event.anomalies)
  else metrics.missed.inc(event.messages)
}
