import { LogbertError } from '../core/errors.ts'

/** A topic of Kafka, as replay sends lines to it and tail reads from it. */
export interface KafkaAddress {
  /** `host:port` of some brokers. */
  brokers: string[]
  topic: string
}

const USUAL_PORT = 9092
const FORM = 'kafka://host:port/topic, with a comma between several host:port'

/**
 * `kafka://host:port[,host:port…]/topic`; undefined for what is no address of Kafka.
 * @param option that it was given with, for messages
 * @throws LogbertError BAD_CONFIG for one that cannot be used
 */
export const kafkaAddress = (text: string, option: string): KafkaAddress | undefined => {
  if (!/^kafka:/i.test(text)) return undefined
  const bad = (why: string): LogbertError =>
    new LogbertError('BAD_CONFIG', `--${option} is ${JSON.stringify(hidden(text))}; ${why}`)
  const [, hosts = '', topic = ''] = /^kafka:\/\/([^/]+)\/(.+)$/i.exec(text) ?? []
  if (text.includes('@')) {
    throw bad(
      'who logs in is told in the environment: LOGBERT__KAFKA__SASL__USERNAME and _PASSWORD',
    )
  }
  if (hosts === '') throw bad(`give one like ${FORM}`)
  if (!/^[A-Za-z0-9._-]{1,249}$/.test(topic)) {
    throw bad(`a topic has letters, digits, '.', '_' and '-', 249 at most; give ${FORM}`)
  }
  const brokers = hosts.split(',').map(broker => {
    const [, host, port = `${USUAL_PORT}`] = /^([^:\s]+)(?::(\d{1,5}))?$/.exec(broker) ?? []
    if (host === undefined || Number(port) > 65_535) {
      throw bad(`${JSON.stringify(broker)} is no host:port; give ${FORM}`)
    }
    return `${host}:${port}`
  })
  return { brokers, topic }
}

/** A password that was written into it is not to be seen once more. */
const hidden = (text: string): string => text.replace(/\/\/.*@/, '//…@')
