import * as v from 'valibot'
import { LOGBERT_DEFAULTS } from '../core/logbert/config.ts'
import { pinnedLayouts } from '../core/parse/header-pattern.ts'
import { zoneOffset } from '../core/parse/time-zone.ts'
import { findUserPatterns } from '../core/parse/user-mask.ts'
import { checkedPattern } from '../core/sequence/key-pattern.ts'
import { kafka } from './kafka.ts'
import { endpoint, key, number, open, section, text, usable, whole } from './kinds.ts'
import { llm } from './llm.ts'

const MIB = 2 ** 20
const GIB = 2 ** 30

const headerPattern = usable("auto, none, or a pattern that ends in '<message>'", value => {
  if (value !== 'auto') pinnedLayouts(value, [], () => 0)
})
const timeZone = usable('UTC, an offset (+02:00), or a name (Europe/Berlin)', zoneOffset)
const sessionKey = usable('auto, none, or a regular expression', value => {
  if (value !== 'auto' && value !== 'none') checkedPattern(value)
})
const mask = v.strictObject({
  name: text,
  pattern: usable('regular expression', pattern =>
    findUserPatterns([{ name: 'this one', pattern }]),
  ),
})

const server = section('HTTP interface and page', {
  host: key(
    text,
    '127.0.0.1',
    'address to listen on; with 127.0.0.1 nothing outside this machine can reach it',
  ),
  port: key(whole(0, 65_535), 8080, '0 picks a free one; the address is printed on stdout'),
  maxBodyBytes: key(whole(1024), 16 * MIB, 'largest request body, after unpacking'),
  maxUploadBytes: key(whole(1024), GIB, 'largest upload to POST /train'),
  maxBatchLines: key(whole(1), 100_000, 'most lines in one request'),
  maxClients: key(whole(1, 100_000), 2000, 'most SSE clients of GET /events at once'),
  keptEvents: key(
    whole(1, 1_000_000),
    10_000,
    'events kept for clients that come back (Last-Event-ID)',
  ),
  heartbeatSeconds: key(
    number(0.05, 300),
    15,
    'comment sent on quiet SSE streams, so that proxies keep them open',
  ),
})

const paths = section('folders, from where the server is started', {
  data: key(
    text,
    'data',
    'database, lines not yet read, uploads; POST /train may name files below it only',
  ),
  models: key(text, 'models', 'models/<name>/<version>/'),
})

const bus = section('what carries lines from HTTP to the detector', {
  driver: key(
    v.picklist(['embedded', 'kafka']),
    'embedded',
    'embedded: a log on disk below paths.data; kafka: see there',
  ),
  maxBacklogLines: key(
    whole(1),
    5_000_000,
    'lines that may wait for the detector; more are refused (503) until it has caught up',
  ),
  maxBacklogBytes: key(whole(MIB), 2 * GIB, 'the same in bytes of text'),
  maxAgeHours: key(number(0.01, 87_600), 72, 'how long lines that were read are kept'),
  maxBytes: key(whole(MIB), 8 * GIB, 'most disk space for lines; the oldest that were read go'),
})

const registry = section('where models are', {
  url: open(
    v.pipe(
      text,
      v.regex(/^(file:\/\/|s3:\/\/[^/]+)/, 'is no file:// or s3://bucket/prefix address'),
    ),
    'file://… or s3://bucket/prefix; the folder paths.models when absent',
  ),
  pollSeconds: key(
    number(0.1, 3600),
    5,
    'how often it is looked whether another version is latest',
  ),
})

const s3 = section('how S3 is reached; credentials come as the AWS SDK finds them', {
  endpoint: open(
    endpoint('http://localhost:9000', 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'),
    'a server that is not AWS',
  ),
  region: open(text, 'as the AWS SDK finds it when absent'),
  forcePathStyle: key(
    v.boolean(),
    false,
    'bucket in the path; most servers other than AWS want it',
  ),
})

const input = section('how lines are read', {
  maxLine: key(
    whole(64, 16 * MIB),
    65_536,
    'longest line in characters; the rest is cut off and counted',
  ),
  header: key(
    headerPattern,
    'auto',
    "how lines begin; a pattern names its parts: '<time> <level> [<thread>] <component>: <message>'",
  ),
  timeZone: key(timeZone, 'UTC', 'zone of times that name none'),
  masks: key(
    v.array(mask),
    [],
    "values that only you know, as in [{name: order, pattern: 'ORD-[0-9]+'}]",
  ),
})

const autoOr = <S extends v.GenericSchema>(given: S) => v.union([v.literal('auto'), given])

const session = section('which lines belong together', {
  key: key(
    sessionKey,
    'auto',
    'auto: found in the logs; none: windows; else the first group, or whole match, is the key',
  ),
  window: key(
    autoOr(whole(1, 10_000)),
    'auto',
    "events in a window, where lines have no key; auto: 10 to 100 by the log's length",
  ),
  idleSeconds: key(
    autoOr(number(0.1, 604_800)),
    'auto',
    'silence in event time after which one is complete, in training and serving; auto: longer than sessions paused in training',
  ),
  quietSeconds: key(
    autoOr(number(0.1, 604_800)),
    'auto',
    'the same by the wall clock, for what is open in sources that have fallen silent; auto: as long',
  ),
  latenessSeconds: key(
    number(0, 86_400),
    5,
    'how much later than the latest of its source a line may come and still find its session open',
  ),
  maxOpen: key(
    whole(1),
    200_000,
    'open sessions at once, in each partition of Kafka; beyond it the least recently used are closed, judged and counted',
  ),
  maxHeld: key(whole(1), 5_000_000, 'events in all open sessions together; beyond it the same'),
  maxLength: key(whole(1, 1_000_000), 4096, 'events in one session; then it is complete'),
})

const train = section('what POST /train does where the request says nothing', {
  seed: key(whole(0, 0xffff_ffff), 1, 'same seed, lines and backend: same model'),
  epochs: key(
    whole(0, 10_000),
    LOGBERT_DEFAULTS.epochs,
    'most passes of LogBERT over the sessions; 0 trains the other voices only',
  ),
  backend: key(
    v.picklist(['auto', 'wasm', 'webgpu', 'native', 'reference']),
    'auto',
    'what computes, in training and serving; auto measures',
  ),
  maxWaiting: key(whole(1, 1000), 16, 'jobs that may wait; more are refused'),
  holdout: key(
    number(0, 0.5),
    0.1,
    'share of the sessions, the latest, on which the new model and the one that is served are compared',
  ),
})

const sections = v.strictObject({
  role: key(
    v.picklist(['all', 'worker', 'api']),
    'all',
    'worker: detects only; api: serves people only; both want bus.driver kafka and share nothing else',
  ),
  server,
  paths,
  model: section('what is served', {
    name: key(text, 'default', 'its latest version is served; POST /train makes a new one of it'),
  }),
  bus: v.optional(
    v.pipe(
      bus.wrapped,
      v.rawCheck(({ dataset, addIssue }) => {
        if (!dataset.typed || dataset.value.maxBacklogBytes <= dataset.value.maxBytes) return
        const { maxBacklogBytes, maxBytes } = dataset.value
        addIssue({
          message:
            `maxBacklogBytes (${maxBacklogBytes}) is above maxBytes (${maxBytes}): lines that wait ` +
            'must fit on disk; lower the first or raise the second',
        })
      }),
    ),
    {} as never,
  ),
  kafka,
  registry,
  s3,
  input,
  session,
  detect: section('when to alarm', {
    budget: key(
      v.pipe(v.number(), v.gtValue(0), v.maxValue(0.5)),
      0.001,
      'share of normal sessions that you accept to be alarmed',
    ),
    drift: key(
      v.boolean(),
      true,
      'take a pattern that becomes common for the new normal, with one notice',
    ),
  }),
  incidents: section('which anomalies belong together', {
    gapSeconds: key(number(1, 604_800), 300, 'an anomaly so long after the last one begins anew'),
    reopenHours: key(
      number(0, 8760),
      24,
      'a resolved incident that comes back so soon is opened again instead of a new one',
    ),
  }),
  store: section('what is kept of findings', {
    maxAgeDays: key(
      number(0.01, 36_500),
      30,
      'anomalies, resolved incidents, ended jobs and reports older than that go',
    ),
    maxAnomalies: key(whole(1), 1_000_000, 'beyond it the oldest go'),
  }),
  pipeline: section('the thread that parses and detects', {
    checkpointSeconds: key(
      number(0.05, 3600),
      10,
      'how often its state is saved; what came since is read again after a crash',
    ),
  }),
  train,
  rca: section('root causes', {
    auto: key(
      v.picklist(['off', 'low', 'medium', 'high']),
      'high',
      'incidents of this severity or worse are looked into by themselves, again when they have doubled',
    ),
    llm: v.optional(llm, {} as never),
  }),
})

/** The configuration: every key with its range, its default and what it is for, here only. */
export const schema = v.pipe(
  sections,
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const { role, bus: given } = dataset.value
    if (role === 'all' || given.driver === 'kafka') return
    const { value } = dataset
    addIssue({
      message: `${role} needs bus.driver kafka: an embedded bus has one process only`,
      path: [{ type: 'object', origin: 'value', input: value, key: 'role', value: role }],
    })
  }),
)

export type Config = v.InferOutput<typeof schema>
