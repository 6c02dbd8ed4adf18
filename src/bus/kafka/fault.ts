import { LogbertError } from '../../core/errors.ts'

/** What Kafka's errors mean to who runs this, and what to do. */
const MEANINGS: [pattern: RegExp, code: 'AWAY' | 'BAD_INPUT' | 'BAD_CONFIG', words: string][] = [
  [
    /SASL|Authentication|credentials|ILLEGAL_SASL/i,
    'BAD_CONFIG',
    'the broker refuses the login; check kafka.sasl and LOGBERT__KAFKA__SASL__PASSWORD',
  ],
  [
    /AUTHORIZATION_FAILED|not authorized/i,
    'BAD_CONFIG',
    'the user has no permission; grant it (Read, Write, Describe; Create for topics that are to be made)',
  ],
  [
    /certificate|self.signed|SSL|TLS|wrong version number/i,
    'BAD_CONFIG',
    'the connection is not secure as asked; check kafka.ssl and kafka.sslCa',
  ],
  [
    /UNKNOWN_TOPIC_OR_PARTITION|does not host this topic/i,
    'BAD_INPUT',
    'there is no such topic, or the user may not see it; make it, grant Describe, or check kafka.topics',
  ],
  [
    /MESSAGE_TOO_LARGE|RECORD_LIST_TOO_LARGE/i,
    'BAD_INPUT',
    'a message is larger than the broker takes; raise max.message.bytes of the topic',
  ],
  [
    /INVALID_REPLICATION_FACTOR/i,
    'BAD_CONFIG',
    'there are fewer brokers than copies asked for; lower kafka.replication',
  ],
  [
    /Closed connection/,
    'AWAY',
    'the broker has closed the connection; it is tried again; where that never helps, it wants TLS ' +
      '(kafka.ssl) or a login (kafka.sasl)',
  ],
  [
    /NOT_ENOUGH_REPLICAS/i,
    'AWAY',
    'too few copies are in sync; start the other brokers, or lower min.insync.replicas',
  ],
]

/** An error of Kafka in words; one that is ours already stays as it is, or comes out of its wrapping. */
export const kafkaFault = (action: string, about: string, error: unknown): LogbertError => {
  if (error instanceof LogbertError) return error
  const own = ownIn(error)
  if (own !== undefined) {
    const words = `${action} failed at ${about}: ${own.message}`
    return new LogbertError(own.code, words, { cause: error })
  }
  const { type, message, cause } = error as Error & { type?: string }
  const said = [type, message, (cause as Error | undefined)?.message].join(' ')
  const meant = MEANINGS.find(([pattern]) => pattern.test(said))
  const code = meant?.[1] ?? 'AWAY'
  const words = meant?.[2] ?? `it cannot be reached or does not answer; it is tried again`
  return new LogbertError(code, `${action} failed at ${about}: ${words} (${message})`, {
    cause: error,
  })
}

const ownIn = (error: unknown): LogbertError | undefined =>
  error instanceof LogbertError ? error : error instanceof Error ? ownIn(error.cause) : undefined
