import process from 'node:process'
import { type Config, hideSecrets, showConfig } from '../config.ts'
import { LogbertError } from '../core/errors.ts'
import { type Command, EXIT, type Io, textOf, type Values } from './command.ts'
import { CONFIG_FILE, readConfig } from './read-config.ts'

/** A server at work. */
export interface Serving {
  /** `http://127.0.0.1:PORT`. */
  url: string
  /** Finishes what is in flight. */
  stop(): Promise<void>
}

export type Serve = (config: Config, options: { demo: boolean }, io: Io) => Promise<Serving>

const HELP = `logbert serve [OPTIONS]: the page, the HTTP interface and the live detector
bun run start -- [OPTIONS]
bun run demo

The address is printed on stdout when it is ready. config/config.yaml documents every setting; any of
them can be set from the environment (LOGBERT__SERVER__PORT=9000), options win over both. Secrets come
from the environment only. Ctrl-C and SIGTERM finish what is in flight; open sessions go on after the
next start.

  --port N          8080; 0 picks a free port
  --host H          address to listen on (127.0.0.1)
  --data DIR        database, lines not yet read, uploads (data)
  --models PLACE    where models live: a folder (models), or s3://bucket/prefix
  --config FILE     YAML; ${CONFIG_FILE} when it is there
  --demo            plays a simulated system with faults
  --print-config    prints the effective configuration as YAML, secrets hidden, and ends
  --json            the address, or the configuration, as one JSON object

Exit codes: 0 stopped as asked; 1 it failed; 2 wrong usage or configuration, port or folder in use
`

export const createServeCommand = (serve: Serve): Command => ({
  name: 'serve',
  about: 'the page, the HTTP interface and the live detector',
  help: HELP,
  options: {
    port: { type: 'string' },
    host: { type: 'string' },
    data: { type: 'string' },
    models: { type: 'string' },
    config: { type: 'string' },
    demo: { type: 'boolean' },
    'print-config': { type: 'boolean' },
    json: { type: 'boolean' },
  },
  async run(values, words, io) {
    if (words.length > 0) {
      throw new LogbertError('BAD_CONFIG', `logbert serve takes no FILE; leave ${words[0]} out`)
    }
    const config = await configOf(values, io.env)
    const json = values.json === true
    if (values['print-config'] === true) {
      await io.out(json ? `${JSON.stringify(hideSecrets(config))}\n` : shown(config, io.env))
      return EXIT.ok
    }
    const signals = watchSignals()
    try {
      const serving = await serve(config, { demo: values.demo === true }, io)
      const { url } = serving
      await io.out(json ? `${JSON.stringify({ type: 'ready', url })}\n` : `${url}\n`)
      await signals.first
      await serving.stop()
    } finally {
      signals.end()
    }
    return EXIT.ok
  },
})

const configOf = async (values: Values, env: Io['env']): Promise<Config> => {
  const [file, models] = [textOf(values, 'config'), textOf(values, 'models')]
  const isAddress = models !== undefined && /^(?:s3|file):/i.test(models)
  const config = await readConfig({
    ...(file !== undefined && { file }),
    env,
    options: {
      'server.port': textOf(values, 'port'),
      'server.host': textOf(values, 'host'),
      'paths.data': textOf(values, 'data'),
      [isAddress ? 'registry.url' : 'paths.models']: models,
    },
  })
  if (models === undefined || isAddress) return config
  // A folder that is named here wins over an address that is configured.
  const { url: _, ...registry } = config.registry
  return { ...config, registry }
}

const SECRET = /^(?:LOGBERT_[A-Z_]*TOKENS?(?:_[A-Z]+)?|HF_TOKEN)$/

const shown = (config: Config, env: Io['env']): string => {
  const names = Object.keys(env).filter(name => SECRET.test(name) && env[name] !== '')
  const secrets = names.length === 0 ? 'none' : names.sort().join(', ')
  return `${showConfig(config)}# secrets in the environment, hidden: ${secrets}\n`
}

/** `first` resolves with the first signal to stop; the second one ends the program at once. */
const watchSignals = (): { first: Promise<void>; end(): void } => {
  const { promise: first, resolve } = Promise.withResolvers<void>()
  let asked = false
  const stop = (): void => {
    if (asked) process.exit(EXIT.interrupted)
    asked = true
    resolve()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return {
    first,
    end: () => {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
    },
  }
}
