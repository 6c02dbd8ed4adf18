import { readFileSync } from 'node:fs'
import kafkajs, { type Admin, type Kafka, type KafkaConfig, type SASLOptions } from 'kafkajs'
import { LogbertError } from '../../core/errors.ts'
import { registerCodecs } from './codecs.ts'
import { quietTimers } from './quiet.ts'
import type { KafkaSettings } from './settings.ts'
import { createSocket } from './sockets.ts'
import { within } from './within.ts'

/** A way to the brokers, shared by everything in a process that speaks to them. */
export interface KafkaClient {
  readonly kafka: Kafka
  readonly settings: KafkaSettings
  /** What a person calls it, for messages. */
  readonly about: string
  /** Connected when it is first asked for. */
  admin(): Promise<Admin>
  /** For people. */
  note(text: string): void
  close(): Promise<void>
}

const NETWORK_MS = 30_000
const CONNECT_MS = 5_000
const CLOSE_MS = 5_000

/**
 * @throws LogbertError BAD_CONFIG for settings that contradict each other or files that cannot be
 * read; whether a broker answers shows at the first call
 */
export const createKafkaClient = (
  settings: KafkaSettings,
  note: (text: string) => void = () => undefined,
): KafkaClient => {
  registerCodecs()
  quietTimers()
  const kafka = new kafkajs.Kafka({
    clientId: settings.clientId,
    brokers: [...settings.brokers],
    connectionTimeout: CONNECT_MS,
    requestTimeout: NETWORK_MS,
    retry: { initialRetryTime: 200, maxRetryTime: 2_000, retries: 8 },
    ...tlsOf(settings),
    ...saslOf(settings),
    socketFactory: createSocket,
    // Every retry is an error to it: what matters is told by those who call.
    logLevel: kafkajs.logLevel.NOTHING,
  })
  let admin: Promise<Admin> | undefined
  return {
    ...{ kafka, settings, note },
    about: `Kafka at ${settings.brokers.join(', ')}`,
    admin() {
      admin ??= (async () => {
        const made = kafka.admin()
        await made.connect()
        return made
      })()
      admin.catch(() => {
        admin = undefined
      })
      return admin
    },
    async close() {
      const made = await admin?.catch(() => undefined)
      await within(CLOSE_MS, made?.disconnect())
    },
  }
}

const tlsOf = ({ ssl, sslCa, sslCert, sslKey }: KafkaSettings): Pick<KafkaConfig, 'ssl'> => {
  const files = { ca: sslCa, cert: sslCert, key: sslKey }
  const given = Object.entries(files).filter(([, file]) => file !== undefined)
  if (!ssl && given.length === 0) return {}
  if (!ssl) throw badConfig('kafka.sslCa, sslCert or sslKey is given, but kafka.ssl is not true')
  if (given.length === 0) return { ssl: true }
  return { ssl: Object.fromEntries(given.map(([name, file]) => [name, readPem(file!)])) }
}

const readPem = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw badConfig(`the file ${file} cannot be read: ${(cause as Error).message}`)
  }
}

const saslOf = ({ sasl }: KafkaSettings): Pick<KafkaConfig, 'sasl'> => {
  const { mechanism, username, password } = sasl
  if (mechanism === undefined) return {}
  if (username !== undefined && password !== undefined) {
    return { sasl: { mechanism, username, password } as SASLOptions }
  }
  throw badConfig(
    `kafka.sasl.mechanism is ${mechanism}, which wants kafka.sasl.username and the password in ` +
      'LOGBERT__KAFKA__SASL__PASSWORD',
  )
}

const badConfig = (why: string): LogbertError =>
  new LogbertError('BAD_CONFIG', `setting up Kafka failed: ${why}`)
