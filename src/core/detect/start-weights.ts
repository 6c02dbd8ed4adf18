import { VOICES } from './panel.ts'
import type { Evidence } from './tuning.ts'

/** A voice is never tuned below this, so that trials alone cannot silence it. */
const HEARD = 0.5
/** With fewer sessions beyond the threshold than this, its place rests on extrapolation. */
const SURE = 20
/** What voices of order then begin with: their tails are the longest, those of counts the steadiest. */
const CAREFUL = 0.6
const ORDER: ReadonlySet<string> = new Set(['ngram', 'typical', 'peak', 'precedence'])

/** @param beyond training sessions that the budget lets above the threshold */
export const weightsToTune = (beyond: number): Pick<Evidence, 'start' | 'least'> => {
  const few = beyond < SURE
  return {
    start: VOICES.map(name => (few && ORDER.has(name) ? CAREFUL : 1)),
    // Trials hold no unseen type and cannot judge novelty.
    least: VOICES.map(name => (name === 'novelty' || (few && name === 'count') ? 1 : HEARD)),
  }
}
