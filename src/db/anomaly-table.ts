import type { Course } from '../core/pipeline/stream-types.ts'
import type { Anomaly, AnomalyKind } from '../core/types.ts'
import type { Page, PageRequest } from './paging.ts'

/** `open`: to be looked at; `normal`, `real`: what people said; `suppressed`: by a rule. */
export type AnomalyState = 'open' | 'normal' | 'real' | 'suppressed'

export interface StoredAnomaly extends Anomaly {
  state: AnomalyState
  /** Id of the suppression that hides it. */
  suppressedBy?: string
  /** Epoch ms when it was stored. */
  stored: number
}

export interface AnomalyQuery extends PageRequest {
  /** Epoch ms; by `at`, [from, to). */
  from?: number
  to?: number
  source?: string
  kinds?: readonly AnomalyKind[]
  minScore?: number
  /**
   * Part of a text, any case: of odd lines (all lines where none is odd) and their templates, of
   * missing templates or of the session key; each looked through for its first 1024 characters,
   * all for 4096.
   */
  text?: string
  states?: readonly AnomalyState[]
  incident?: string
  session?: string
}

export interface AnomalyTable {
  /** False when the id is there already: nothing is changed then. */
  add(anomaly: Anomaly, more: { stored: number; suppressedBy?: string; course?: Course }): boolean
  get(id: string): StoredAnomaly | undefined
  /** The whole session of an anomaly, which shows a part of it only; undefined where none was kept. */
  course(id: string): Course | undefined
  /** Newest first (by `at`, then by when it was stored). */
  list(query: AnomalyQuery): Page<StoredAnomaly>
  count(query: Omit<AnomalyQuery, 'limit' | 'cursor'>): number
  /**
   * All that a query may find, newest first, in batches: each is read when it is asked for, and
   * changes may be made in between. With `text` it also gives those whose texts were too long to be
   * kept whole: the caller must look for itself.
   */
  each(
    query: Omit<AnomalyQuery, 'limit' | 'cursor'>,
    batch?: number,
  ): Generator<StoredAnomaly[], void, undefined>
  /** Sets state and suppression (none when absent); false when there is no such anomaly. */
  setState(id: string, state: AnomalyState, suppressedBy?: string): boolean
  /**
   * Opens again what a suppression hides, at most so many (1000 when absent); returns how many: to
   * be called until there are none.
   */
  reopenSuppressed(suppression: string, most?: number): number
  setIncident(id: string, incident: string): void
}
