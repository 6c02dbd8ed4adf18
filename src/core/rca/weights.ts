import type { EvidenceKind } from './evidence.ts'

/** What a finding of each kind is worth beside the others. */
export const WEIGHTS: Record<EvidenceKind, number> = {
  missing: 5,
  slow: 1,
  silence: 2,
  named: 1.5,
  value: 1.5,
  new: 2,
  error: 0.7,
  rise: 0.5,
  fall: 0.3,
  number: 0.3,
  wait: 1,
}
