import * as v from 'valibot'
import { key, number, open, section, text, whole } from './kinds.ts'

const KIB = 2 ** 10
const MIB = 2 ** 20

/** Names that Kafka takes. */
const name = v.pipe(
  text,
  v.regex(/^[A-Za-z0-9._-]{1,249}$/, 'is no name of a topic; use letters, digits, . _ and -'),
)

const topics = section('names of the topics; those that are missing are made', {
  input: key(name, 'log-input', 'lines'),
  events: key(name, 'logbert-events', 'lines by session, where kafka.repartition is on'),
  anomaly: key(name, 'log-anomaly', 'anomalies, by session'),
  rca: key(name, 'log-rca', 'root causes, by incident'),
  dlq: key(name, 'log-input-dlq', 'what could not be read, with the reason in the headers'),
  state: key(name, 'logbert-state', 'what workers remember of open sessions; compacted'),
  decisions: key(name, 'logbert-decisions', 'what people decided, for all workers and API nodes'),
})

const sasl = section('how to log in; without a mechanism nobody does', {
  mechanism: open(
    v.picklist(['plain', 'scram-sha-256', 'scram-sha-512']),
    'as the broker wants it',
  ),
  username: open(text, 'name of the user'),
  password: open(
    v.pipe(text, v.metadata({ secret: true })),
    'give it in the environment as LOGBERT__KAFKA__SASL__PASSWORD',
  ),
})

/** What the Kafka driver of the bus wants to know. */
export const kafka = section('where bus.driver is kafka', {
  brokers: key(v.array(text), ['localhost:9092'], 'host:port of some brokers'),
  clientId: key(text, 'logbert', 'name in the logs of the brokers'),
  groupId: key(text, 'logbert', 'consumer group; workers of one group share the partitions'),
  topics,
  repartition: key(
    v.boolean(),
    false,
    'whether lines of one session come in several partitions: they are then sorted by session first',
  ),
  ssl: key(v.boolean(), false, 'whether to speak TLS'),
  sslCa: open(text, 'PEM file of the authority; those of the system when absent'),
  sslCert: open(text, 'PEM file of the own certificate, where brokers want one'),
  sslKey: open(text, 'PEM file of its key'),
  sasl,
  partitions: key(whole(1, 10_000), 6, 'partitions of input and events topics that are made'),
  replication: key(whole(1, 100), 1, 'copies of topics that are made; 3 where nothing may be lost'),
  compression: key(
    v.picklist(['none', 'gzip', 'snappy', 'lz4', 'zstd']),
    'none',
    'of what is published; all of them are read',
  ),
  sessionTimeoutSeconds: key(
    number(1, 1800),
    10,
    'a worker that is silent for so long is dead, and others take its partitions',
  ),
  maxFetchBytes: key(
    whole(64 * KIB, 1024 * MIB),
    4 * MIB,
    'most bytes fetched from a partition at a time',
  ),
})
