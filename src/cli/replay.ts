import process from 'node:process'
import { LogbertError } from '../core/errors.ts'
import { type Command, EXIT, type Io } from './command.ts'
import { createLineSender, type LineSender, pause } from './line-sender.ts'
import { createPace } from './pace.ts'
import { createProgress, type Progress } from './progress.ts'
import {
  fileOptions,
  REPLAY_HELP,
  REPLAY_OPTIONS,
  type ReplayOptions,
  replayOptions,
  simulateOptions,
} from './replay-options.ts'
import { type Play, playFiles, playSimulated } from './replay-play.ts'

const TIMEOUT_MS = 60_000
const TELL_MS = 1000

export const replayCommand: Command = {
  name: 'replay',
  about: 'send logs, or a simulated system, to a server or to Kafka',
  help: REPLAY_HELP,
  options: REPLAY_OPTIONS,
  async run(values, words, io) {
    const options = replayOptions(values)
    const stopped = new AbortController()
    const { signal } = stopped
    const play =
      values.simulate === true
        ? playSimulated(simulateOptions(values, words, Date.now()), options, signal)
        : playFiles(fileOptions(values, words), options, signal)
    const sender = await senderOf(options, signal, io)
    const stop = (): void => stopped.abort(new LogbertError('CANCELLED', 'stopped by Ctrl-C'))
    process.once('SIGINT', stop)
    try {
      return await run({ play, sender, options, signal, io })
    } finally {
      process.off('SIGINT', stop)
    }
  },
}

const senderOf = async (
  { to, inFlight, patienceMs }: ReplayOptions,
  signal: AbortSignal,
  io: Io,
): Promise<LineSender> => {
  const shared = { inFlight, patienceMs, signal }
  if ('server' in to) {
    const token = io.env.LOGBERT_TOKEN || undefined
    return createLineSender({ ...shared, url: to.server, token, timeoutMs: TIMEOUT_MS })
  }
  // Its client is loaded where it is wanted only.
  const { createKafkaSender } = await import('./replay-kafka.ts')
  const note = (text: string): void => io.err(`${text}\n`)
  return createKafkaSender({ ...shared, target: to.kafka, env: io.env, note })
}

interface Run {
  play: Play
  sender: LineSender
  options: ReplayOptions
  signal: AbortSignal
  io: Io
}

const run = async ({ play, sender, options, signal, io }: Run): Promise<number> => {
  const progress = createProgress(io)
  const begun = performance.now()
  let sent = 0
  let failure: unknown
  try {
    const tell = createTeller(progress, options, sender, io)
    const pace = createPace(options.rate)
    for await (const batch of play.batches) {
      signal.throwIfAborted()
      const wait = pace.next(batch.lines.length)
      if (wait > 0) await pause(wait, signal)
      await sender.send(batch)
      sent += batch.lines.length
      tell(play.share())
    }
  } catch (error) {
    failure = error
  }
  // What is on its way is waited for: the count is exact.
  await sender.end().catch(error => {
    failure ??= error
  })
  progress.end()
  const seconds = (performance.now() - begun) / 1000
  const { notes, facts } = await play.end()
  await summarise({ sent, seconds, failure, facts }, sender, options, io)
  for (const note of [...notes, ...sender.notes()]) io.err(`${note}\n`)
  if (failure === undefined) return EXIT.ok
  if (!(failure instanceof LogbertError)) throw failure
  io.err(`logbert replay: ${failure.message}\n`)
  if (failure.code === 'CANCELLED') return EXIT.interrupted
  return failure.code === 'BAD_CONFIG' ? EXIT.usage : EXIT.failure
}

const createTeller = (
  progress: Progress,
  { json }: ReplayOptions,
  sender: LineSender,
  io: Io,
): ((share: number | undefined) => void) => {
  const begun = performance.now()
  let told = begun
  return share => {
    const now = performance.now()
    const { acknowledged } = sender.stats
    const perSecond = Math.round((1000 * acknowledged) / (now - begun + 1))
    const note = `${acknowledged.toLocaleString('en')} lines safe, ${perSecond.toLocaleString('en')}/s`
    progress.update({ phase: 'replaying', note, ...(share !== undefined && { share }) })
    if (!json || now - told < TELL_MS) return
    told = now
    const state = { acknowledged, linesPerSecond: perSecond, ...(share !== undefined && { share }) }
    void io.out(`${JSON.stringify({ type: 'progress', ...state })}\n`)
  }
}

interface Outcome {
  sent: number
  seconds: number
  failure: unknown
  facts: Record<string, unknown>
}

const summarise = async (
  { sent, seconds, failure, facts }: Outcome,
  { stats }: LineSender,
  { json }: ReplayOptions,
  io: Io,
): Promise<void> => {
  const linesPerSecond = Math.round(stats.acknowledged / Math.max(seconds, 0.001))
  if (json) {
    const type = failure === undefined ? 'done' : 'failed'
    const error = failure instanceof Error ? { error: failure.message } : {}
    const counts = { ...stats, sent, seconds: Math.round(seconds * 1000) / 1000, linesPerSecond }
    await io.out(`${JSON.stringify({ type, ...counts, ...facts, ...error })}\n`)
    return
  }
  await io.out(
    `${stats.acknowledged.toLocaleString('en')} of ${sent.toLocaleString('en')} lines acknowledged ` +
      `in ${seconds.toFixed(1)} s (${linesPerSecond.toLocaleString('en')} lines/s)\n`,
  )
}
