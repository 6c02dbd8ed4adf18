import { MOST_LINES } from '../bus/kafka/position.ts'
import { LogbertError } from '../core/errors.ts'
import { numberOf, textOf, type Values } from './command.ts'
import { type KafkaAddress, kafkaAddress } from './replay-address.ts'

export interface KafkaTarget extends KafkaAddress {
  /** What a line is keyed by: its first group, else all it matches; by the source when absent. */
  key?: RegExp
  /** With more than 1, lines are packed as `{"logs": […]}`. */
  linesPerMessage: number
}

/** Where lines go. */
export type ReplayTarget = { server: URL } | { kafka: KafkaTarget }

/** @throws LogbertError BAD_CONFIG for what cannot be */
export const targetOf = (values: Values): ReplayTarget => {
  const to = textOf(values, 'to')
  const address = to === undefined ? undefined : kafkaAddress(to, 'to')
  if (address !== undefined) return { kafka: { ...address, ...messagesOf(values) } }
  for (const name of ['key', 'lines-per-message']) {
    if (values[name] === undefined) continue
    throw new LogbertError('BAD_CONFIG', `--${name} is for --to kafka://… only; leave it out`)
  }
  return { server: serverOf(to) }
}

const serverOf = (to: string | undefined): URL => {
  const url = to === undefined ? null : URL.parse(to)
  if (url !== null && /^https?:$/.test(url.protocol)) {
    url.pathname = `${url.pathname.replace(/\/$/, '')}/logs`
    return url
  }
  const is = to === undefined ? 'needs --to URL' : `cannot use --to ${JSON.stringify(to)}`
  throw new LogbertError(
    'BAD_CONFIG',
    `logbert replay ${is}; give one like http://127.0.0.1:8080 or kafka://host:9092/log-input`,
  )
}

const messagesOf = (values: Values): Pick<KafkaTarget, 'key' | 'linesPerMessage'> => {
  const key = textOf(values, 'key')
  const most = { least: 1, most: MOST_LINES, whole: true }
  return {
    ...(key !== undefined && { key: patternOf(key) }),
    linesPerMessage: numberOf(values, 'lines-per-message', most) ?? 1,
  }
}

const patternOf = (text: string): RegExp => {
  try {
    return new RegExp(text)
  } catch (cause) {
    throw new LogbertError(
      'BAD_CONFIG',
      `--key is ${JSON.stringify(text)}, which is no regular expression: ${(cause as Error).message}`,
      { cause },
    )
  }
}
