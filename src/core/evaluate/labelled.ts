import type { SessionVerdict } from '../pipeline/engine.ts'
import { bySession, type Corpus, resultsOf } from './evaluate.ts'
import type { Result } from './result.ts'

/** How a model does on labelled sessions that it did not learn from. */
export interface LabelledEvaluation {
  test: { normal: number; odd: number }
  /** Label-free points and rankings by method: the product, its voices alone, the baselines. */
  results: Record<string, Result>
  /** Why there are no results, in words. */
  note?: string
}

/**
 * Counts with labels what a model said of the sessions that began at `from` or later; the baselines
 * learn from those that began before, whatever their labels say, as the model did.
 * @param verdicts of the model on that stretch
 */
export const evaluateLabelled = (
  corpus: Corpus,
  verdicts: readonly SessionVerdict[],
  { from, budget }: { from: number; budget: number },
): LabelledEvaluation => {
  const tested = corpus.sessions.filter(({ line }) => line >= from)
  const before = corpus.sessions.filter(({ line }) => line < from)
  const odd = tested.filter(session => session.odd).length
  const test = { normal: tested.length - odd, odd }
  if (odd === 0 || test.normal === 0 || before.length === 0) {
    const note = `labels tell nothing here: of the held-out sessions ${odd} are anomalous and ${test.normal} normal`
    return { test, results: {}, note }
  }
  const known = new Map<string, SessionVerdict[]>()
  bySession(verdicts, known)
  const training = new Set(before.map(({ key }) => key))
  const results = resultsOf({ corpus, training, tested, verdicts: known, budget })
  return { test, results: Object.fromEntries(results) }
}
