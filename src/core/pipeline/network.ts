import type { Session } from '../types.ts'
import type { NetworkOpinion } from './anomaly.ts'

/** A trained LogBERT as the judge uses it. */
export interface Network {
  /** The population that it was trained on. */
  group: Session['kind']
  /** Scores of its views by name, one record a sequence. */
  values(sequences: readonly (readonly number[])[]): Promise<Record<string, number>[]>
  /** What it says about one place of a sequence; the length asks for the end. */
  opinion(sequence: readonly number[], position: number, top: number): Promise<NetworkOpinion>
}
