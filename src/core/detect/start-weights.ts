import { VOICES } from './panel.ts'
import type { Evidence } from './tuning.ts'

/** A voice is never tuned below this, so that trials alone cannot silence it. */
const HEARD = 0.5
/** With fewer sessions beyond the threshold than this, its place rests on extrapolation. */
const SURE = 20
/** What voices of order then begin with: their tails are the longest. */
const CAREFUL = 0.6
/** The least that the steadiest voice, that of counts, then comes to. */
const STEADY = 0.85
const ORDER: ReadonlySet<string> = new Set(['ngram', 'typical', 'peak', 'precedence'])

/** @param beyond training sessions that the budget lets above the threshold */
export const weightsToTune = (beyond: number): Pick<Evidence, 'start' | 'least'> => {
  const few = beyond < SURE
  return {
    start: VOICES.map(name => (few && ORDER.has(name) ? CAREFUL : 1)),
    least: VOICES.map(name => {
      // Trials hold no unseen type and cannot judge novelty.
      if (name === 'novelty') return 1
      return few && name === 'count' ? STEADY : HEARD
    }),
  }
}
