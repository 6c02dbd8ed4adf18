import type { AnomalyKind, VoiceScore } from '../types.ts'

/** What the detector says about one sequence. */
export interface Verdict {
  /** All voices joined, in nats of evidence; grows with oddness. */
  score: number
  /** Share of normal sessions that score at least this much. */
  pValue: number
  anomalous: boolean
  /** What the oddest voice points at; also set when not anomalous. */
  kind: AnomalyKind
  voices: VoiceScore[]
}

/** A fact about the training set or the calibration that whoever reads alarms should know. */
export interface Warning {
  code: 'few sessions' | 'new types common' | 'sampled' | 'trimmed' | 'voice left out'
  message: string
  /** The figure behind it. */
  value: number
}
