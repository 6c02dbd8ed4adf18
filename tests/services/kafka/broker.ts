import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runTool } from '../cache.ts'
import { type Certificates, makeCertificates } from './certificates.ts'
import { kafkaLibs } from './libs.ts'

/** A Kafka broker, or several, for tests. */
export interface KafkaServer {
  /** `host:port` of all of them. */
  brokers: string[]
  /** One of them, in the order of `brokers`. */
  nodes: KafkaNode[]
  /** Folder of the jars, for tools of Kafka itself. */
  libs: string
  /** PEM files of the authority that has signed for a broker that speaks TLS, and of a client. */
  certificates?: Certificates
  /** Ends all; nothing is left. */
  stop(): Promise<void>
}

export interface KafkaNode {
  /** In the middle of whatever it does; its data stays. */
  kill(): Promise<void>
  /** In order. */
  end(): Promise<void>
  /** Again, on the same port. */
  start(): Promise<void>
}

export interface KafkaOptions {
  /** 1 when absent. */
  nodes?: number
  /** Lines of server.properties; they win. */
  properties?: Record<string, string>
  /** Users with PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512; brokers speak as the first one. */
  users?: { name: string; password: string }[]
  /** What clients speak; PLAINTEXT when absent. With TLS, clients want the `ca` of the server. */
  protocol?: 'PLAINTEXT' | 'SASL_PLAINTEXT' | 'SSL' | 'SASL_SSL'
}

/**
 * Why a test that needs Kafka cannot run here, or undefined when it can: jars come from a registry
 * with the first run, or `KAFKA_BROKERS` names a cluster. With LOGBERT_REQUIRE_SERVICES=1 absence is
 * an error.
 */
export const withoutKafka = async (): Promise<string | undefined> => {
  if (process.env.KAFKA_BROKERS !== undefined) return undefined
  return withoutOwnKafka()
}

/** As `withoutKafka`, for tests that stop the broker: one that is somebody's own is left alone. */
export const withoutOwnKafka = async (): Promise<string | undefined> => {
  try {
    await runTool(['java', '-version'])
    await kafkaLibs()
    return undefined
  } catch (error) {
    const why = error instanceof Error ? error.message : `${error}`
    const reason = `Kafka cannot be started (${why}), and KAFKA_BROKERS names no cluster`
    if (process.env.LOGBERT_REQUIRE_SERVICES === '1') throw new Error(reason)
    return reason
  }
}

/** The cluster of `KAFKA_BROKERS`, else a broker of its own. */
export const anyKafka = async (): Promise<Pick<KafkaServer, 'brokers' | 'stop'>> => {
  const given = process.env.KAFKA_BROKERS
  if (given === undefined) return startKafka()
  return { brokers: given.split(','), stop: async () => undefined }
}

export const startKafka = async (options: KafkaOptions = {}): Promise<KafkaServer> => {
  const { nodes: count = 1 } = options
  const libs = await kafkaLibs()
  const folder = await mkdtemp(join(tmpdir(), 'logbert-kafka-'))
  const ports = await freePorts(2 * count)
  const secure = /SSL/.test(options.protocol ?? '')
  const certificates = secure ? await makeCertificates(join(folder, 'tls')) : undefined
  const cluster = { libs, folder, options, count, id: clusterId(), certificates }
  const nodes = Array.from({ length: count }, (_, i) => createNode(cluster, i, ports))
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map(node => node.kill()))
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await Promise.all(nodes.map(node => node.format()))
    await Promise.all(nodes.map(node => node.start()))
  } catch (error) {
    await stop()
    throw error
  }
  const brokers = ports.slice(0, count).map(port => `127.0.0.1:${port}`)
  return { brokers, nodes, libs, stop, ...(certificates && { certificates }) }
}

interface Cluster {
  libs: string
  folder: string
  options: KafkaOptions
  count: number
  id: string
  certificates: Certificates | undefined
}

/** Ports of clients come first, those of controllers after. */
const createNode = (cluster: Cluster, i: number, ports: readonly number[]) => {
  const { libs, folder, options, count, id } = cluster
  const home = join(folder, `node-${i}`)
  const file = join(home, 'server.properties')
  const protocol = options.protocol ?? 'PLAINTEXT'
  const voters = Array.from({ length: count }, (_, n) => `${n}@127.0.0.1:${ports[count + n]}`)
  const copies = `${Math.min(count, 3)}`
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': `${i}`,
    'controller.quorum.voters': voters.join(','),
    listeners: `CLIENT://127.0.0.1:${ports[i]},CONTROLLER://127.0.0.1:${ports[count + i]}`,
    'advertised.listeners': `CLIENT://127.0.0.1:${ports[i]}`,
    'listener.security.protocol.map': `CLIENT:${protocol},CONTROLLER:PLAINTEXT`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'CLIENT',
    'log.dirs': join(home, 'data'),
    'offsets.topic.replication.factor': copies,
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '1000',
    'auto.create.topics.enable': 'false',
    ...loginProperties(options),
    ...(cluster.certificates && tlsProperties(cluster.certificates)),
    ...options.properties,
  }
  const run = (...args: string[]): string[] => [
    ...['java', '-Xms128m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
    ...['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', `${libs}/*`, ...args],
  ]
  let child: Bun.Subprocess | undefined
  const finish = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    child?.kill(signal)
    await child?.exited
    child = undefined
  }
  return {
    async format(): Promise<void> {
      await mkdir(home, { recursive: true })
      const text = Object.entries(properties).map(([name, value]) => `${name}=${value}\n`)
      await writeFile(file, text.join(''))
      const users = (options.users ?? []).flatMap(({ name, password }) =>
        ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap(mechanism => [
          '--add-scram',
          `${mechanism}=[name=${name},password=${password}]`,
        ]),
      )
      await runTool(run('kafka.tools.StorageTool', 'format', '-t', id, '-c', file, ...users))
    },
    async start(): Promise<void> {
      const log = join(home, 'broker.log')
      for (let tries = 1; ; tries++) {
        child = Bun.spawn(run('kafka.Kafka', file), {
          ...{ stdin: 'ignore', stdout: 'ignore', stderr: Bun.file(log) },
        })
        if (await answers(ports[i]!, child)) return
        await finish('SIGKILL')
        if (tries === START_TRIES) {
          throw new Error(`the broker did not start: ${(await Bun.file(log).text()).slice(-2000)}`)
        }
      }
    },
    kill: () => finish('SIGKILL'),
    end: () => finish('SIGTERM'),
  }
}

const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']

const loginProperties = ({ users = [] }: KafkaOptions): Record<string, string> => {
  const [first] = users
  if (first === undefined) return {}
  const own = `username="${first.name}" password="${first.password}"`
  const plain = users.map(({ name, password }) => `user_${name}="${password}"`).join(' ')
  const module = 'org.apache.kafka.common.security'
  return {
    'sasl.enabled.mechanisms': MECHANISMS.join(','),
    'sasl.mechanism.inter.broker.protocol': 'PLAIN',
    'listener.name.client.plain.sasl.jaas.config': `${module}.plain.PlainLoginModule required ${own} ${plain};`,
    ...Object.fromEntries(
      MECHANISMS.slice(1).map(name => [
        `listener.name.client.${name.toLowerCase()}.sasl.jaas.config`,
        `${module}.scram.ScramLoginModule required ${own};`,
      ]),
    ),
  }
}

const tlsProperties = ({ ca, store }: Certificates): Record<string, string> => ({
  'ssl.keystore.type': 'PEM',
  'ssl.keystore.location': store,
  'ssl.truststore.type': 'PEM',
  'ssl.truststore.location': ca,
  'ssl.endpoint.identification.algorithm': '',
})

/** On a busy machine a broker may get stuck while it starts. */
const START_MS = 30_000
const START_TRIES = 3

/** Whether it comes to listen, which a broker does when it is ready, and not before. */
const answers = async (port: number, child: Bun.Subprocess): Promise<boolean> => {
  const until = Date.now() + START_MS
  for (;;) {
    const open = await Bun.connect({
      ...{ hostname: '127.0.0.1', port },
      socket: { data: () => undefined },
    }).then(
      socket => {
        socket.end()
        return true
      },
      () => false,
    )
    if (open) return true
    if (child.exitCode !== null || Date.now() > until) return false
    await Bun.sleep(50)
  }
}

/** 22 characters of which the first is a letter: one that begins with - is an option to Kafka's tool. */
const clusterId = (): string => {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[0]! &= 0x7f
  return Buffer.from(bytes).toString('base64url')
}

/**
 * Below those that the system gives to connections: a client that looks for a broker which is away
 * could else take its port, even by connecting to itself. All are held until the last is known.
 */
const freePorts = async (count: number): Promise<number[]> => {
  const servers: Server[] = []
  while (servers.length < count) {
    const port = 10_000 + Math.floor(Math.random() * 20_000)
    const server = createServer()
    const held = await new Promise<boolean>(resolve => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (held) servers.push(server)
  }
  const ports = servers.map(server => (server.address() as { port: number }).port)
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return ports
}
