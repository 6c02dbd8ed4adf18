import process from 'node:process'
import { LogbertError } from '../core/errors.ts'
import { type Command, durationOf, EXIT, textOf, type Values } from './command.ts'
import { type KafkaAddress, kafkaAddress } from './replay-address.ts'

const HELP = `logbert tail --from kafka://HOST:PORT[,HOST:PORT…]/TOPIC [OPTIONS]: prints anomalies as they come

For each one what logbert score shows. Those that come twice, as workers publish some again after a
crash, are shown once; messages that are none are counted and said. It shares with nobody: any number
may read, and nothing is marked as read.

  --from ADDRESS     where anomalies are published: kafka://localhost:9092/log-anomaly
  --since TIME       begins with those published since: ISO 8601, or so long ago (10m, 1h); beginning:
                     all that are kept. Only what comes from now on when absent
  --patience TIME    how long brokers may be away at the start (30s); later they are waited for
  --json             one JSON object a line

TLS and login are configured as for the server (LOGBERT__KAFKA__SSL=true,
LOGBERT__KAFKA__SASL__USERNAME, …; config/config.yaml lists them).

Exit codes: 0 stopped by Ctrl-C; 1 it failed; 2 wrong usage or configuration
`

export const tailCommand: Command = {
  name: 'tail',
  about: 'print anomalies as they are published to Kafka',
  help: HELP,
  options: {
    from: { type: 'string' },
    since: { type: 'string' },
    patience: { type: 'string' },
    json: { type: 'boolean' },
  },
  async run(values, words, io) {
    if (words.length > 0) {
      throw new LogbertError('BAD_CONFIG', `logbert tail takes no FILE; leave ${words[0]} out`)
    }
    const options = {
      address: addressOf(values),
      since: sinceOf(textOf(values, 'since'), Date.now()),
      patienceMs: durationOf(values, 'patience') ?? 30_000,
      json: values.json === true,
    }
    const stopped = new AbortController()
    const stop = (): void => stopped.abort(new LogbertError('CANCELLED', 'stopped by Ctrl-C'))
    process.once('SIGINT', stop)
    process.once('SIGTERM', stop)
    try {
      // Kafka's client is loaded where it is wanted only.
      const { tailTopic } = await import('./tail-topic.ts')
      await tailTopic(options, stopped.signal, io)
    } finally {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
    }
    return EXIT.ok
  },
}

const addressOf = (values: Values): KafkaAddress => {
  const from = textOf(values, 'from')
  const address = from === undefined ? undefined : kafkaAddress(from, 'from')
  if (address !== undefined) return address
  const is = from === undefined ? 'needs --from' : `cannot use --from ${JSON.stringify(from)}`
  throw new LogbertError(
    'BAD_CONFIG',
    `logbert tail ${is}; give an address like kafka://localhost:9092/log-anomaly`,
  )
}

/** Epoch ms; 0 for all there is, undefined for what comes from now on. */
const sinceOf = (text: string | undefined, now: number): number | undefined => {
  if (text === undefined) return undefined
  if (text === 'beginning') return 0
  if (/^[\d.]+(ms|s|m|h)$/.test(text)) return now - durationOf({ since: text }, 'since')!
  const at = /^\d{4}-/.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(at)) return Math.max(0, at)
  throw new LogbertError(
    'BAD_CONFIG',
    `--since is ${JSON.stringify(text)}; give a time like 2026-01-05T08:00:00Z, 10m, or beginning`,
  )
}
