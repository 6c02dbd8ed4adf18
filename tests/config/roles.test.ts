import { expect, test } from 'bun:test'
import { parseConfig } from '../../src/config.ts'

test('parts of a cluster need Kafka, since they share nothing else', () => {
  for (const role of ['worker', 'api'] as const) {
    expect(() => parseConfig({ yaml: `role: ${role}` })).toThrow(
      `role: ${role} needs bus.driver kafka`,
    )
    expect(parseConfig({ yaml: `role: ${role}\nbus: {driver: kafka}` }).role).toBe(role)
  }
})

test('Kafka, registry and S3 are set from the environment alone', () => {
  const { kafka, registry, s3 } = parseConfig({
    env: {
      LOGBERT__BUS__DRIVER: 'kafka',
      LOGBERT__KAFKA__BROKERS: 'one:9092,two:9092',
      LOGBERT__KAFKA__TOPICS__INPUT: 'lines',
      LOGBERT__KAFKA__SASL__MECHANISM: 'scram-sha-512',
      LOGBERT__KAFKA__SSL: 'true',
      LOGBERT__KAFKA__REPARTITION: 'true',
      LOGBERT__REGISTRY__URL: 's3://bucket/models',
      LOGBERT__S3__ENDPOINT: 'http://localhost:9000',
      LOGBERT__S3__FORCEPATHSTYLE: 'true',
    },
  })
  expect(kafka.brokers).toEqual(['one:9092', 'two:9092'])
  expect([kafka.topics.input, kafka.topics.anomaly]).toEqual(['lines', 'log-anomaly'])
  expect([kafka.sasl.mechanism, kafka.ssl, kafka.repartition]).toEqual([
    'scram-sha-512',
    true,
    true,
  ])
  expect(registry.url).toBe('s3://bucket/models')
  expect(s3).toEqual({ endpoint: 'http://localhost:9000', forcePathStyle: true })
})
