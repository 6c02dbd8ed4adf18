import type { StreamDetection, StreamState, Taught } from '../../core/pipeline/stream-types.ts'
import type { Anomaly, LogLine } from '../../core/types.ts'
import type { PipelineTick } from '../../db/database.ts'
import type { ModelName } from './served.ts'

/** What a lane goes on from. */
export interface Saved {
  model: ModelName
  state: StreamState
  /** Offset of the first message that is not in it. */
  next: number
  /** Since then, in order; one of 0 ms is a mark: it had been read up to there. */
  ticks: readonly PipelineTick[]
}

/**
 * What comes next: lines (none where something was read that holds none), or a tick that stood
 * between them before a restart.
 */
export type Input = { kind: 'lines'; lines: LogLine[] } | { kind: 'tick'; ms: number }

/** Lines of one partition in order, with the ticks of before a restart at their places among them. */
export interface Reader {
  /** About so many lines at most; waits up to `ms` for the first, then gives undefined. */
  next(most: number, ms: number): Promise<Input | undefined>
  /** Offset of the first message that was not given yet. */
  readonly position: number
  /** Whether lines come that may have been read before a restart. */
  readonly replaying: boolean
  /** Ticks of before a restart that have not been given yet. */
  readonly pending: readonly PipelineTick[]
  /** Whether no more lines than were given last waited. */
  readonly caughtUp: boolean
  close(): Promise<void>
}

/** What was done with findings, for metrics. */
export interface Put {
  /** Anomalies that were not there yet. */
  fresh: readonly Anomaly[]
  suppressed: number
}

/**
 * The world as a lane sees it: where the lines of one partition come from, where what it remembers is
 * kept, and where findings go. The lane is the same whether that is a file or a cluster.
 */
export interface Place {
  readonly partition: number
  saved(): Promise<Saved | undefined>
  /** Offset that the next message will get. */
  end(): Promise<number>
  /** Begins to read behind what was saved. */
  read(saved: Saved | undefined): Promise<Reader>
  /** Lines by their positions; undefined for those that are gone. */
  fetch(positions: readonly number[]): Promise<(LogLine | undefined)[]>
  /**
   * Makes findings known, once for all, however often the same are put.
   * @param next offset up to which was read
   */
  put(found: StreamDetection, next: number): Promise<Put>
  /** Real time will have counted at this place: found again after a restart if anything was put. */
  addTick(tick: PipelineTick): void
  /**
   * Replaces what was saved before.
   * @param held positions of lines that may be fetched later
   */
  save(point: Omit<Saved, 'ticks'>, reader: Reader, held: Iterable<number>): Promise<void>
  /** Whether a checkpoint should not wait. */
  readonly due: boolean
  /** Whether it holds so many lines that it should be told which ones to `keep`. */
  readonly crowded: boolean
  /** Forgets lines at other positions. */
  keep(positions: Iterable<number>): void
  /** Keeps lines of which nothing can be said, for people. */
  bury(lines: readonly LogLine[], why: string): Promise<void>
  /** What people decided has changed. */
  decide(): void
}

/** Partitions as they come and go. */
export interface Intake {
  /** Resolves when it is known which partitions are ours now; all of these have been assigned. */
  open(events: IntakeEvents): Promise<void>
  /** What people said is normal. */
  taught(): Taught
  /** Messages that wait in partitions that are not read now, for want of a model. */
  close(): Promise<void>
}

export interface IntakeEvents {
  assigned(place: Place): void
  /** Nothing may be put there any more. */
  lost(partition: number): void
  /** What people said is normal has changed. */
  decided(): void
  /** Why nothing can be read now; undefined when it can be again. */
  trouble(why: string | undefined): void
}
