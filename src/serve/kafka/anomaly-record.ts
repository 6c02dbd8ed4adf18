import type { KafkaRecord } from '../../bus/kafka/producer.ts'
import type { Course, StreamDetection } from '../../core/pipeline/stream-types.ts'
import type { Anomaly } from '../../core/types.ts'

/** An anomaly as it is published: with the whole course of its session, from which people can teach. */
export type PublishedAnomaly = Anomaly & { course?: Course }

export const anomalyRecords = ({ anomalies, courses }: StreamDetection): KafkaRecord[] =>
  anomalies.map((anomaly, i) => anomalyRecord(anomaly, courses[i]))

const anomalyRecord = (anomaly: Anomaly, course: Course | undefined): KafkaRecord => ({
  key: anomaly.session,
  value: JSON.stringify({ ...anomaly, ...(course && { course }) }),
  headers: { id: anomaly.id, kind: anomaly.kind, source: anomaly.source },
})

/** Undefined for what is no anomaly. */
export const readAnomaly = (value: Buffer | null): PublishedAnomaly | undefined => {
  if (value === null) return undefined
  try {
    const read = JSON.parse(value.toString('utf8'))
    const whole =
      typeof read.id === 'string' && typeof read.session === 'string' && Array.isArray(read.lines)
    return whole ? read : undefined
  } catch {
    return undefined
  }
}
