import type { KafkaClient } from '../bus/kafka/client.ts'
import { within } from '../bus/kafka/within.ts'
import type { LogbertError } from '../core/errors.ts'
import { readAnomaly } from '../serve/kafka/anomaly-record.ts'
import { follow } from '../serve/kafka/follow.ts'
import type { RawMessage } from '../serve/kafka/raw.ts'
import type { Io } from './command.ts'
import type { KafkaAddress } from './replay-address.ts'
import { isPassing, openTopic } from './replay-topic.ts'
import { showAnomaly } from './show-anomaly.ts'

export interface TailOptions {
  address: KafkaAddress
  /** Epoch ms; undefined: what comes from now on. */
  since: number | undefined
  patienceMs: number
  json: boolean
}

const END_MS = 5_000
/** Ids that are known again; what workers publish twice is not far apart. */
const MOST_IDS = 100_000

/**
 * Prints anomalies until the signal fires.
 * @throws LogbertError where there is no such topic, Kafka refuses us, or is away at the start
 */
export const tailTopic = async (
  { address, since, patienceMs, json }: TailOptions,
  signal: AbortSignal,
  io: Io,
): Promise<void> => {
  const { topic } = address
  const say = (text: string): void => io.err(`${text}\n`)
  const printer = createPrinter(json, say)
  try {
    const { client } = await openTopic(address, { env: io.env, patienceMs, signal, note: say })
    const from = await startsOf(client, topic, since)
    const { promise: refused, reject } = Promise.withResolvers<never>()
    const follower = follow({
      ...{ client, topic, from, note: say },
      async take(messages, partition) {
        for (const message of messages) {
          const text = printer.print(message, `${topic}/${partition}`)
          if (text !== undefined) await io.out(text)
        }
      },
      trouble: createTeller(`following ${topic} of ${client.about}`, say, reject),
    })
    try {
      await Promise.race([stopOf(signal), refused])
    } finally {
      await within(END_MS, follower.close())
      await within(END_MS, client.close())
      say(printer.summary())
    }
  } catch (error) {
    // Who stops it while it waits for brokers has stopped it, too.
    if (error !== signal.reason) throw error
  }
}

/** Where reading begins, by partition. */
const startsOf = async (
  client: KafkaClient,
  topic: string,
  since: number | undefined,
): Promise<Map<number, number>> => {
  if (since === 0) return new Map()
  const admin = await client.admin()
  const starts =
    since === undefined
      ? (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => ({
          ...{ partition, offset: high },
        }))
      : await admin.fetchTopicOffsetsByTimestamp(topic, since)
  return new Map(starts.map(({ partition, offset }) => [partition, Number(offset)]))
}

interface Printer {
  /** Undefined for what is not to be shown. */
  print(message: RawMessage, place: string): string | undefined
  summary(): string
}

const createPrinter = (json: boolean, say: (text: string) => void): Printer => {
  const known = new Set<string>()
  const counts = { shown: 0, again: 0, unreadable: 0 }
  return {
    print({ value, offset }, place) {
      const anomaly = readAnomaly(value)
      const text = anomaly && textOf(anomaly, json)
      if (anomaly === undefined || text === undefined) {
        counts.unreadable++
        say(`the message at ${place}, offset ${offset}, is no anomaly: left out`)
        return undefined
      }
      if (known.has(anomaly.id)) {
        counts.again++
        return undefined
      }
      known.add(anomaly.id)
      if (known.size > MOST_IDS) known.delete(known.values().next().value!)
      counts.shown++
      return text
    },
    summary() {
      const { shown, again, unreadable } = counts
      const parts = [
        `${shown.toLocaleString('en')} anomalies`,
        ...(again > 0 ? [`${again.toLocaleString('en')} came again`] : []),
        ...(unreadable > 0 ? [`${unreadable.toLocaleString('en')} messages were none`] : []),
      ]
      return parts.join(', ')
    },
  }
}

/** Undefined for what others have written in a form of their own. */
const textOf = (
  { course: _, ...anomaly }: NonNullable<ReturnType<typeof readAnomaly>>,
  json: boolean,
): string | undefined => {
  if (json) return `${JSON.stringify(anomaly)}\n`
  try {
    // Whoever may write to the topic does not write to the terminal.
    return showAnomaly(anomaly).replace(/[^\P{Cc}\n]/gu, '\u00B7')
  } catch {
    return undefined
  }
}

/** Says when it begins, stops, and goes on; what will not pass ends it. */
const createTeller = (
  doing: string,
  say: (text: string) => void,
  refuse: (error: LogbertError) => void,
): ((error: LogbertError | undefined) => void) => {
  let state: 'new' | 'well' | 'in trouble' = 'new'
  return error => {
    if (error === undefined) {
      if (state !== 'well') say(state === 'new' ? doing : `${doing} again`)
      state = 'well'
      return
    }
    if (!isPassing(error) && error.code !== 'CONFLICT') return refuse(error)
    if (state !== 'in trouble') say(error.message)
    state = 'in trouble'
  }
}

const stopOf = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
