import type { Config } from '../../config.ts'
import { type ErrorCode, LogbertError } from '../../core/errors.ts'
import type { Engine } from '../../core/pipeline/engine.ts'
import type {
  LogStream,
  StreamDetection,
  StreamOptions,
  StreamState,
  Taught,
} from '../../core/pipeline/stream-types.ts'
import type { Bundle } from '../../core/store/bundle.ts'
import type { LogLine } from '../../core/types.ts'
import type { Input, Place, Reader, Saved } from './place.ts'
import { sameModel, wordsOf } from './served.ts'
import type { Tally } from './tally.ts'

/** Lines that are scored at a time. */
const BATCH = 2_000
const TICK_MS = 500
const MOST_TICK_MS = 4 * TICK_MS
const WAIT_MS = 50
/** Codes of errors that are about what is needed to read lines, and not about them. */
const NOT_OF_LINES = new Set<ErrorCode>(['LIMIT', 'AWAY'])
/** A checkpoint may take this share of the time. */
const SHARE = 0.05

export interface RunDeps {
  config: Config
  engine: Engine
  tally: Tally
  /** What people said is normal. */
  taught(): Taught
  /** Scoring of several partitions takes turns: one uses what the machine has. */
  alone<T>(work: () => Promise<T>): Promise<T>
  /** For people. */
  note(text: string): void
}

/** Scoring lines failed: it may be the lines. Anything else that fails is not about them. */
export class ScoringError extends Error {
  /** Positions of the lines, in order. */
  readonly lines: readonly number[]

  constructor(cause: unknown, lines: readonly number[]) {
    super(`scoring failed: ${wordsOf(cause)}`, { cause })
    this.name = 'ScoringError'
    this.lines = lines
  }
}

/**
 * One stretch of work with the stream of one partition: reads, scores, puts, saves its state. Any
 * call that throws ends it: another run goes on from what was saved, and finds the same again.
 */
export interface Run {
  readonly stream: LogStream
  readonly reader: Reader
  /** One batch, or a look at the clock. With `apart` its lines are scored one by one. */
  step(apart?: boolean): Promise<void>
  /**
   * Another model goes on with what is open. A checkpoint must follow: what is found from here on
   * names the new model, and a restart must not find it with the old one.
   */
  use(bundle: Bundle): Promise<void>
  /**
   * What people said is normal, suppressed or closed has changed. Saves the state, too: lines read
   * again after a crash are judged as they were the first time.
   */
  refresh(): Promise<void>
  /** What people said is normal, as it is in effect. */
  readonly taught: Taught
  checkpoint(): Promise<void>
  readonly checkpoints: number
  /** Offset from which another run would go on. */
  readonly saved: number
  close(): Promise<void>
}

/**
 * @param bundle the model of what was saved, where that is there
 * @param poison positions of lines on which scoring fails again and again: left out, and taken from
 * here, when they come
 */
export const startRun = async (
  bundle: Bundle,
  saved: Saved | undefined,
  place: Place,
  poison: Set<number>,
  deps: RunDeps,
): Promise<Run> => {
  const { config, tally } = deps
  const reader = await place.read(saved)
  const options = streamOptions(config, place)
  const open = (of: Bundle, from: StreamState | undefined): Promise<LogStream> =>
    deps.engine.stream(of, { ...options, taught, ...(from && { state: from }) })
  let taught = deps.taught()
  let stream = await open(bundle, saved?.state)
  /** Whether idle time can be used to make scoring faster. */
  let cold = true
  let checkpoints = 0
  let savedAt = saved?.next ?? reader.position
  let changed = saved === undefined
  let saveAt = performance.now() + 1000 * config.pipeline.checkpointSeconds
  let ticked = performance.now()

  /** Puts what was found; lines of sessions that could not be judged are kept for people. */
  const settle = async (found: StreamDetection): Promise<void> => {
    const { fresh, suppressed } = await place.put(found, reader.position)
    tally.found(found.verdicts.length, fresh, suppressed)
    for (const { session, source, lines, why } of found.failed) {
      const what = `session ${session} of ${source} cannot be judged`
      deps.note(`${what}, its lines are set aside as dead letters: ${why}`)
      await bury(await place.fetch(lines), what)
    }
  }
  /** Lines that nothing can be said of are kept for people, and counted. */
  const bury = async (lines: readonly (LogLine | undefined)[], why: string): Promise<void> => {
    tally.failed(lines.length)
    await place.bury(
      lines.flatMap(line => line ?? []),
      why,
    )
  }
  const scored = async (lines: readonly LogLine[]): Promise<StreamDetection> => {
    try {
      return await deps.alone(() => stream.feed(lines))
    } catch (cause) {
      // Texts could not be fetched: that is no fault of these lines.
      if (cause instanceof LogbertError && NOT_OF_LINES.has(cause.code)) throw cause
      throw new ScoringError(
        cause,
        lines.map(({ position }) => position!),
      )
    }
  }
  const feed = async (lines: readonly LogLine[]): Promise<void> => {
    const start = performance.now()
    if (lines.length > 0) await settle(await scored(lines))
    const chars = lines.reduce((sum, { text }) => sum + text.length, 0)
    tally.batch(lines.length, chars, (performance.now() - start) / 1000)
  }
  const take = async (input: Input, apart: boolean): Promise<void> => {
    changed = true
    if (input.kind === 'lines' && input.lines.length === 0) return
    if (input.kind === 'tick') return settle(await deps.alone(() => stream.tick(input.ms)))
    const bad = input.lines.filter(({ position }) => poison.has(position!))
    const good = bad.length === 0 ? input.lines : input.lines.filter(line => !bad.includes(line))
    const size = apart ? 1 : BATCH
    for (let at = 0; at < good.length; at += size) await feed(good.slice(at, at + size))
    if (bad.length === 0) return
    await bury(bad, 'scoring fails on it')
    await checkpoint()
    for (const { position } of bad) poison.delete(position!)
  }
  /** Real time counts only while no lines wait: what has not been read may not be called silent. */
  const tick = async (): Promise<void> => {
    const now = performance.now()
    if (!reader.caughtUp || reader.replaying) {
      ticked = now
      return
    }
    // A machine that slept was not silent for all that time.
    const ms = Math.min(Math.round(now - ticked), MOST_TICK_MS)
    if (ms < TICK_MS) return
    ticked = now
    if (!stream.waiting) return
    place.addTick({ partition: place.partition, next: reader.position, ms })
    changed = true
    await settle(await deps.alone(() => stream.tick(ms)))
  }
  const checkpoint = async (): Promise<void> => {
    const start = performance.now()
    const point = { next: reader.position, model: stream.model, state: stream.state() }
    await place.save(point, reader, stream.held())
    checkpoints++
    savedAt = point.next
    changed = false
    const now = performance.now()
    saveAt = now + Math.max(1000 * config.pipeline.checkpointSeconds, (now - start) / SHARE)
  }
  // What is found from here on names this model: a restart must find it with the same one.
  if (saved === undefined || !sameModel(saved.model, stream.model)) await checkpoint()
  return {
    get stream() {
      return stream
    },
    reader,
    async step(apart = false) {
      const input = await reader.next(apart ? 1 : BATCH, cold ? 0 : WAIT_MS)
      if (input !== undefined) await take(input, apart)
      else if (cold) cold = await deps.alone(stream.warm)
      await tick()
      if (place.due || (changed && performance.now() >= saveAt)) await checkpoint()
      else if (place.crowded) place.keep(stream.held())
    },
    async use(next) {
      stream = await open(next, stream.state())
      cold = true
    },
    async refresh() {
      const said = deps.taught()
      await checkpoint()
      if (JSON.stringify(said) !== JSON.stringify(taught)) {
        taught = said
        stream.teach(taught)
      }
      place.decide()
    },
    get taught() {
      return taught
    },
    checkpoint,
    get checkpoints() {
      return checkpoints
    },
    get saved() {
      return savedAt
    },
    close: () => reader.close(),
  }
}

const streamOptions = ({ session, detect, train }: Config, place: Place): StreamOptions => ({
  ...(session.idleSeconds !== 'auto' && { idleMs: 1000 * session.idleSeconds }),
  ...(session.quietSeconds !== 'auto' && { quietMs: 1000 * session.quietSeconds }),
  latenessMs: 1000 * session.latenessSeconds,
  maxOpen: session.maxOpen,
  maxHeld: session.maxHeld,
  maxLength: session.maxLength,
  drift: detect.drift,
  backend: train.backend,
  fetch: place.fetch,
})
