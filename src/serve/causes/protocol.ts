import type { CitedLine, RcaOptions, RcaReport } from '../../core/rca/types.ts'
import type { LogLine } from '../../core/types.ts'
import type { ModelPlace } from '../model-store.ts'

/** What is asked of the thread that looks for causes. */
export interface CauseQuestion {
  id: number
  place: ModelPlace
  model: { name: string; version: string }
  lines: readonly LogLine[]
  /** When trouble began and what is no longer of interest, epoch ms, where it is known. */
  stretch: Pick<RcaOptions, 'start' | 'to'>
  /** Lines left out, and what else is to be said of that. */
  left: number
  notes: readonly string[]
}

/** `report` is absent where the model knows nothing of normal time. */
export type CauseAnswer =
  | { id: number; report?: RcaReport & { lines: CitedLine[] } }
  | { id: number; code?: string; message: string }
