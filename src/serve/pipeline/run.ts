import { type Bus, type BusMessage, TOPICS } from '../../bus/bus.ts'
import type { Config } from '../../config.ts'
import { LogbertError } from '../../core/errors.ts'
import { createGrouper, type Grouper } from '../../core/incident/grouper.ts'
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
import type { Database, Suppression } from '../../db/database.ts'
import { storeFindings } from './findings.ts'
import { createReader, type Input, type Reader } from './reader.ts'
import { sameModel, wordsOf } from './served.ts'
import type { Tally } from './tally.ts'
import { taughtOf } from './taught-of.ts'

/** Lines that are scored at a time. */
const BATCH = 2_000
const TICK_MS = 500
const MOST_TICK_MS = 4 * TICK_MS
const WAIT_MS = 50
/** A checkpoint may take this share of the time. */
const SHARE = 0.05

export interface RunDeps {
  config: Config
  bus: Bus
  db: Database
  engine: Engine
  tally: Tally
  /** Offsets of lines on which scoring fails again and again: left out, and taken from here, when they come. */
  poison: Set<number>
  /** Events up to this one are stored. */
  stored(upTo: number): void
  /** For people. */
  note(text: string): void
}

/** Scoring lines failed: it may be the lines. Anything else that fails is not about them. */
export class ScoringError extends Error {
  /** Offset of the first line, and how many there were. */
  readonly from: number
  readonly lines: number

  constructor(cause: unknown, from: number, lines: number) {
    super(`scoring failed: ${wordsOf(cause)}`, { cause })
    this.name = 'ScoringError'
    this.from = from
    this.lines = lines
  }
}

/**
 * One stretch of work with one stream: reads, scores, stores, saves its state. Any call that throws
 * ends it: another run goes on from what was saved, and finds the same again.
 */
export interface Run {
  readonly stream: LogStream
  readonly reader: Reader
  /** One batch at most `most` lines long, or a look at the clock. */
  step(most?: number): Promise<void>
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
  close(): Promise<void>
}

/** @param bundle the model of the checkpoint where there is one */
export const startRun = async (bundle: Bundle, deps: RunDeps): Promise<Run> => {
  const { config, db, bus, tally, poison } = deps
  const saved = db.pipeline.checkpoint()
  const state = saved && (JSON.parse(new TextDecoder().decode(saved.state)) as StreamState)
  const reader = await createReader(bus, saved?.next[0], db.pipeline.ticks())
  const options = streamOptions(config, bus)
  const open = (of: Bundle, from: StreamState | undefined): Promise<LogStream> =>
    deps.engine.stream(of, { ...options, taught, ...(from && { state: from }) })
  let taught = taughtOf(db)
  let stream = await open(bundle, state)
  let { grouper, suppressions } = decided(db, config)
  /** Whether idle time can be used to make scoring faster. */
  let cold = true
  let checkpoints = 0
  let changed = saved === undefined
  let saveAt = performance.now() + 1000 * config.pipeline.checkpointSeconds
  let ticked = performance.now()

  const store = (found: StreamDetection): void => {
    let suppressed = 0
    if (found.anomalies.length > 0) {
      const now = Date.now()
      const { position } = reader
      const done = db.transaction(() => {
        db.pipeline.addTick({ partition: 0, next: position, ms: 0 })
        return storeFindings(found, { db, grouper, suppressions: active(suppressions, now), now })
      })
      suppressed = done.suppressed
      tally.found(0, done.fresh, suppressed)
      if (done.lastEvent > 0) deps.stored(done.lastEvent)
    }
    tally.found(found.verdicts.length, [], 0)
  }
  /** Stores what was found; lines of sessions that could not be judged are kept for people. */
  const settle = async (found: StreamDetection): Promise<void> => {
    store(found)
    for (const { session, source, lines, why } of found.failed) {
      deps.note(
        `session ${session} of ${source} cannot be judged, its lines go to ${TOPICS.dlq}: ${why}`,
      )
      await bury(await bus.fetch(TOPICS.input, 0, lines))
    }
  }
  /** Lines that nothing can be said of are kept for people, and counted. */
  const bury = async (lines: readonly (BusMessage | undefined)[]): Promise<void> => {
    tally.failed(lines.length)
    await bus.publish(
      TOPICS.dlq,
      lines.flatMap(line => line ?? []),
    )
  }
  const scored = async (lines: readonly LogLine[]): Promise<StreamDetection> => {
    try {
      return await stream.feed(lines)
    } catch (cause) {
      // Texts could not be fetched: that is no fault of these lines.
      if (cause instanceof LogbertError && cause.code === 'LIMIT') throw cause
      throw new ScoringError(cause, lines[0]!.position!, lines.length)
    }
  }
  const feed = async (lines: readonly LogLine[]): Promise<void> => {
    const start = performance.now()
    if (lines.length > 0) await settle(await scored(lines))
    const chars = lines.reduce((sum, { text }) => sum + text.length, 0)
    tally.batch(lines.length, chars, (performance.now() - start) / 1000)
  }
  const take = async (input: Input): Promise<void> => {
    changed = true
    if (input.kind === 'tick') return settle(await stream.tick(input.ms))
    const bad = input.lines.filter(({ position }) => poison.has(position!))
    if (bad.length === 0) return feed(input.lines)
    await feed(input.lines.filter(line => !bad.includes(line)))
    await bury(bad)
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
    db.pipeline.addTick({ partition: 0, next: reader.position, ms })
    changed = true
    await settle(await stream.tick(ms))
  }
  const checkpoint = async (): Promise<void> => {
    const start = performance.now()
    db.pipeline.saveCheckpoint(
      {
        next: { 0: reader.position },
        model: stream.model,
        state: new TextEncoder().encode(JSON.stringify(stream.state())),
        created: Date.now(),
      },
      reader.pending,
    )
    await reader.commit()
    checkpoints++
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
    async step(most = BATCH) {
      const input = await reader.next(most, cold ? 0 : WAIT_MS)
      if (input !== undefined) await take(input)
      else if (cold) cold = await stream.warm()
      await tick()
      if (changed && performance.now() >= saveAt) await checkpoint()
    },
    async use(next) {
      stream = await open(next, stream.state())
      cold = true
    },
    async refresh() {
      const said = taughtOf(db)
      await checkpoint()
      if (JSON.stringify(said) !== JSON.stringify(taught)) {
        taught = said
        stream.teach(taught)
      }
      const again = decided(db, config)
      grouper = again.grouper
      suppressions = again.suppressions
    },
    get taught() {
      return taught
    },
    checkpoint,
    get checkpoints() {
      return checkpoints
    },
    close: () => reader.close(),
  }
}

/** What people decided, and what came before: the same after a restart. */
const decided = (
  db: Database,
  config: Config,
): { grouper: Grouper; suppressions: Suppression[] } => {
  const sameSourceMs = 1000 * config.incidents.gapSeconds
  const reopenMs = 3_600_000 * config.incidents.reopenHours
  // Event time: logs may be of another day.
  const latest = db.incidents.list({ limit: 1 }).items[0]?.lastSeen ?? 0
  const recent = db.incidents.recent(latest - Math.max(sameSourceMs, reopenMs))
  return {
    grouper: createGrouper({ sameSourceMs, reopenMs }, recent),
    suppressions: db.suppressions.active(Date.now()),
  }
}

const active = (suppressions: readonly Suppression[], now: number): Suppression[] =>
  suppressions.filter(({ expires }) => expires === undefined || expires > now)

const streamOptions = ({ session, detect, train }: Config, bus: Bus): StreamOptions => ({
  ...(session.idleSeconds !== 'auto' && { idleMs: 1000 * session.idleSeconds }),
  ...(session.quietSeconds !== 'auto' && { quietMs: 1000 * session.quietSeconds }),
  latenessMs: 1000 * session.latenessSeconds,
  maxOpen: session.maxOpen,
  maxHeld: session.maxHeld,
  maxLength: session.maxLength,
  drift: detect.drift,
  backend: train.backend,
  fetch: async positions => {
    const found = await bus.fetch(TOPICS.input, 0, positions)
    return found.map(line => line && { ...line, position: line.offset })
  },
})
