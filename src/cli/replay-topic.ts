import { connect } from 'node:net'
import { createKafkaClient, type KafkaClient } from '../bus/kafka/client.ts'
import { kafkaFault } from '../bus/kafka/fault.ts'
import { within } from '../bus/kafka/within.ts'
import { nearest } from '../config/nearest.ts'
import { LogbertError } from '../core/errors.ts'
import type { Io } from './command.ts'
import { pause } from './line-sender.ts'
import { readConfig } from './read-config.ts'
import type { KafkaAddress } from './replay-address.ts'

/** A topic that is there, and the way to it. */
export interface OpenTopic {
  client: KafkaClient
  partitions: number
}

export interface TopicDeps {
  /** How to log in comes from here, as for the server: `LOGBERT__KAFKA__…`. */
  env: Io['env']
  /** How long brokers may be away, ms. */
  patienceMs: number
  /** Ends waiting. */
  signal: AbortSignal
  note(text: string): void
}

const AGAIN_MS = 500
const LOOK_MS = 5_000
const END_MS = 2_000

/**
 * Looks a topic up that is to be there already: a name with a slip in it makes none.
 * @throws LogbertError BAD_INPUT where there is no such topic, BAD_CONFIG where Kafka refuses us or
 * the configuration has faults, AWAY when no broker answers for so long
 */
export const openTopic = async (
  { brokers, topic }: KafkaAddress,
  { env, patienceMs, signal, note }: TopicDeps,
): Promise<OpenTopic> => {
  const { kafka } = await readConfig({ env, options: { 'kafka.brokers': brokers.join(',') } })
  const client = createKafkaClient(kafka, note)
  const begun = performance.now()
  const left = (): number => patienceMs - (performance.now() - begun)
  /** Why it cannot be had now. */
  let why = ''
  const attempt = async (): Promise<number | undefined> => {
    why = 'does not answer'
    const silent = await unreachable(brokers, LOOK_MS)
    if (silent !== undefined) {
      why = `does not answer (${silent})`
      return undefined
    }
    const mute = (said: string): string =>
      `takes connections, but does not answer (${said}); check kafka.ssl and kafka.sasl`
    why = mute('it is silent')
    try {
      return await partitionsOf(client, topic)
    } catch (error) {
      if (!isPassing(error)) throw error
      why = mute(reasonOf(error))
      return undefined
    }
  }
  for (;;) {
    // kafkajs tries for long by itself.
    const partitions = await orLate(attempt(), { ms: left(), late: () => undefined, signal })
    if (partitions !== undefined) return { client, partitions }
    if (left() < AGAIN_MS) {
      const seconds = Math.round((performance.now() - begun) / 1000)
      throw new LogbertError(
        'AWAY',
        `opening the topic ${topic} failed: ${client.about} ${why}; tried for ${seconds} s, ` +
          '--patience sets how long',
      )
    }
    await pause(AGAIN_MS, signal)
  }
}

/** What Kafka's client has said, of an error in our words. */
export const reasonOf = (error: unknown): string => {
  const { cause, message } = error as Error
  return cause instanceof Error ? cause.message : message
}

/** Whether it is worth trying again. */
export const isPassing = (error: unknown): boolean =>
  error instanceof LogbertError && error.code === 'AWAY'

/**
 * The outcome of the work; of `late` when it takes longer than that.
 * @throws the signal's reason when it fires before
 */
export const orLate = async <T>(
  work: Promise<T>,
  { ms, late, signal }: { ms: number; late(): T; signal?: AbortSignal },
): Promise<T> => {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, Math.max(0, ms))
  const stop = (): void => reject(signal?.reason)
  if (signal?.aborted === true) stop()
  signal?.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([work, promise.then(late)])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
  }
}

const partitionsOf = async (client: KafkaClient, topic: string): Promise<number> => {
  const admin = client.kafka.admin()
  try {
    await admin.connect()
    // Asking for a topic that is not there may make it.
    const names = await admin.listTopics()
    if (!names.includes(topic)) throw absent(topic, names, client.about)
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    return topics[0]!.partitions.length
  } catch (error) {
    throw kafkaFault(`opening the topic ${topic}`, client.about, error)
  } finally {
    await within(END_MS, admin.disconnect())
  }
}

const absent = (topic: string, names: readonly string[], about: string): LogbertError => {
  const meant = nearest(topic, names)
  const hint =
    meant === undefined
      ? 'the first server that starts makes those it is configured for; others are to be made before'
      : `did you mean ${meant}?`
  return new LogbertError(
    'BAD_INPUT',
    `opening the topic ${topic} failed: ${about} has none of this name that we may see; ${hint}`,
  )
}

/** Why no broker takes a connection; undefined when one does. */
const unreachable = async (brokers: readonly string[], ms: number): Promise<string | undefined> => {
  const looks = brokers.map(broker => look(broker, ms))
  return Promise.any(looks).then(
    () => undefined,
    (error: AggregateError) => error.errors.map(each => (each as Error).message).join(', '),
  )
}

const look = (broker: string, ms: number): Promise<void> => {
  const at = broker.lastIndexOf(':')
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = connect(Number(broker.slice(at + 1)), broker.slice(0, at))
  const timer = setTimeout(() => reject(new Error(`${broker} is silent`)), Math.max(100, ms))
  socket.once('connect', resolve)
  socket.once('error', error => {
    const { message } = error
    reject(new Error(message === '' ? `${broker} refuses` : message))
  })
  return promise.finally(() => {
    clearTimeout(timer)
    socket.destroy()
  })
}
