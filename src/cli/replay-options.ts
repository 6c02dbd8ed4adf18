import { LogbertError } from '../core/errors.ts'
import { FAULT_KINDS } from '../core/simulator/fault.ts'
import type { AnomalyKind } from '../core/types.ts'
import { choiceOf, durationOf, needFiles, numberOf, textOf, type Values } from './command.ts'
import { PARSE_OPTIONS } from './learn-options.ts'
import { batchFor } from './pace.ts'
import type { ShopOptions } from './played-shop.ts'
import { type ReplayTarget, targetOf } from './replay-target.ts'

export const REPLAY_OPTIONS = {
  to: { type: 'string' },
  rate: { type: 'string' },
  batch: { type: 'string' },
  'in-flight': { type: 'string' },
  patience: { type: 'string' },
  key: { type: 'string' },
  'lines-per-message': { type: 'string' },
  source: { type: 'string' },
  skip: { type: 'string' },
  shift: { type: 'string' },
  header: PARSE_OPTIONS.header,
  'time-zone': PARSE_OPTIONS['time-zone'],
  simulate: { type: 'boolean' },
  speed: { type: 'string' },
  seed: { type: 'string' },
  start: { type: 'string' },
  duration: { type: 'string' },
  requests: { type: 'string' },
  faults: { type: 'string' },
  'fault-every': { type: 'string' },
  'fault-length': { type: 'string' },
  truth: { type: 'string' },
  json: { type: 'boolean' },
} as const

export const REPLAY_HELP = `logbert replay FILE… --to URL [OPTIONS]: sends logs to a server as if they were written now
logbert replay --simulate --to URL [OPTIONS]: a simulated web shop in which things go wrong

Lines go to POST /logs in order, batch after batch; what the server refuses for now (429, 503) and
what a fault of the connection has cut off is sent again. The last line tells how many lines the
server has said are safe. After a fault of the connection, or of the brokers behind the server, it may
hold a batch twice; that is told.

  --to URL           the server, http://127.0.0.1:8080, or a topic of Kafka (see below)
  --rate N           lines a second; as fast as the server takes them when absent
  --batch N          most lines in a request (5000)
  --in-flight N      requests on their way at once (1). With more, batches may change places at the
                     server: for logs whose order does not matter, or servers that are far away
  --patience TIME    how long the server may refuse or be away (60s)
  --json             progress as one JSON object a line, the last {"type":"done",…} or
                     {"type":"failed",…}

Files:
  --source NAME      source of all lines; each file's name when absent
  --skip N           leaves out the first N lines: goes on where a replay has ended
  --shift now        moves the times in the lines so that the first one is now; lines whose time
                     cannot be written stay as they are and are counted
  --header H, --time-zone Z   how times are read then; see logbert train --help

Simulated shop:
  --duration TIME    simulated time to play (10m)
  --speed X          times as fast as real time, instead of --rate
  --start TIME       when simulated time begins, ISO 8601 (now)
  --seed N           same seed, same lines (1)
  --requests N       requests a second of simulated time (5)
  --faults LIST      all (default), none, or kinds: ${FAULT_KINDS.join(', ')}
  --fault-every TIME, --fault-length TIME   one after the other (60s, 20s)
  --truth FILE       writes which faults were injected, when, and which sessions they hit (JSON)

Kafka, with --to kafka://HOST:PORT[,HOST:PORT…]/TOPIC: lines are safe when all brokers in sync have them.
TLS and login are configured as for the server (LOGBERT__KAFKA__SSL=true, LOGBERT__KAFKA__SASL__USERNAME,
…; config/config.yaml lists them). The topic must be there. Brokers that die may leave lines there twice.
  --key REGEX        keys each line by the first group, or else all that matches: lines of one key
                     stay in order in one partition (the source, also where nothing matches)
  --lines-per-message N   packs up to N lines of a partition into a message {"logs": […]} (1)

LOGBERT_TOKEN in the environment is sent to the server as bearer token.

Exit codes: 0 every line is acknowledged; 1 it failed, the count tells how far it came (--skip goes
            on there); 2 wrong usage; 130 stopped by Ctrl-C, after what was on its way
`

export interface ReplayOptions {
  to: ReplayTarget
  rate: number
  /** Most lines that go at once, so that they keep to the rate. */
  batch: number
  inFlight: number
  patienceMs: number
  json: boolean
}

/** @throws LogbertError BAD_CONFIG for what cannot be */
export const replayOptions = (values: Values): ReplayOptions => {
  const to = targetOf(values)
  const rate = numberOf(values, 'rate', { least: 0.01, most: 1e9 }) ?? Number.POSITIVE_INFINITY
  const batch = numberOf(values, 'batch', { least: 1, most: 1_000_000, whole: true }) ?? 5000
  const pack = 'kafka' in to ? to.kafka.linesPerMessage : 1
  return {
    ...{ to, rate, batch: Math.max(batchFor(rate, batch), pack) },
    inFlight: numberOf(values, 'in-flight', { least: 1, most: 16, whole: true }) ?? 1,
    patienceMs: durationOf(values, 'patience') ?? 60_000,
    json: values.json === true,
  }
}

export interface FileOptions {
  files: string[]
  source?: string
  skip: number
  shift: boolean
  header?: string
  timeZone?: string
}

/** @throws LogbertError BAD_CONFIG without a file */
export const fileOptions = (values: Values, words: string[]): FileOptions => {
  refuse(values, SIMULATE_ONLY, 'is for --simulate only')
  const source = textOf(values, 'source')
  const header = textOf(values, 'header')
  const timeZone = textOf(values, 'time-zone')
  return {
    files: needFiles(words, 'replay'),
    ...(source !== undefined && { source }),
    skip: numberOf(values, 'skip', { least: 0, most: Number.MAX_SAFE_INTEGER, whole: true }) ?? 0,
    shift: choiceOf(values, 'shift', ['now']) === 'now',
    ...(header !== undefined && { header }),
    ...(timeZone !== undefined && { timeZone }),
  }
}

export interface SimulateOptions extends ShopOptions {
  /** Times as fast as real time; undefined: not paced by it. */
  speed?: number
  truth?: string
}

const FILES_ONLY = ['source', 'skip', 'shift', 'header', 'time-zone']
const SIMULATE_ONLY = [
  ...['speed', 'seed', 'start', 'duration', 'requests', 'faults'],
  ...['fault-every', 'fault-length', 'truth'],
]

/** @throws LogbertError BAD_CONFIG for files, or a pace that is said twice */
export const simulateOptions = (values: Values, words: string[], now: number): SimulateOptions => {
  if (words.length > 0) {
    throw new LogbertError('BAD_CONFIG', `--simulate takes no FILE; leave ${words[0]} out`)
  }
  refuse(values, FILES_ONLY, 'is for files only')
  if (values.speed !== undefined) refuse(values, ['rate'], 'and --speed both say how fast')
  const speed = numberOf(values, 'speed', { least: 0.001, most: 1e6 })
  const truth = textOf(values, 'truth')
  return {
    seed: numberOf(values, 'seed', { least: 0, most: 0xffff_ffff, whole: true }) ?? 1,
    start: startOf(textOf(values, 'start'), now),
    durationMs: durationOf(values, 'duration') ?? 600_000,
    requestsPerSecond: numberOf(values, 'requests', { least: 0.01, most: 100_000 }) ?? 5,
    kinds: kindsOf(textOf(values, 'faults') ?? 'all'),
    faultEveryMs: durationOf(values, 'fault-every') ?? 60_000,
    faultLengthMs: durationOf(values, 'fault-length') ?? 20_000,
    ...(speed !== undefined && { speed }),
    ...(truth !== undefined && { truth }),
  }
}

const refuse = (values: Values, names: readonly string[], why: string): void => {
  const given = names.find(name => values[name] !== undefined)
  if (given === undefined) return
  throw new LogbertError('BAD_CONFIG', `--${given} ${why}; leave it out`)
}

const startOf = (text: string | undefined, now: number): number => {
  if (text === undefined || text === 'now') return now
  const at = Date.parse(text)
  if (!Number.isNaN(at)) return at
  throw new LogbertError(
    'BAD_CONFIG',
    `--start is ${JSON.stringify(text)}; give a time like 2026-01-05T08:00:00Z`,
  )
}

const kindsOf = (text: string): AnomalyKind[] => {
  if (text === 'all') return [...FAULT_KINDS]
  if (text === 'none') return []
  const kinds = text.split(',').map(kind => kind.trim())
  const odd = kinds.find(kind => !FAULT_KINDS.includes(kind as AnomalyKind))
  if (odd === undefined) return kinds as AnomalyKind[]
  throw new LogbertError(
    'BAD_CONFIG',
    `--faults names ${JSON.stringify(odd)}; give all, none, or kinds: ${FAULT_KINDS.join(', ')}`,
  )
}
