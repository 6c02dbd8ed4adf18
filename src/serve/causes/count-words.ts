import type { Metrics } from '../../api/metrics.ts'
import type { NarratorHooks } from '../../llm/narrator.ts'

const STATES = ['closed', 'half-open', 'open'] as const

/** Counts what the language model is asked and costs, and says why a report has no words. */
export const countWords = (metrics: Metrics, note: (text: string) => void): NarratorHooks => {
  const show = (now: (typeof STATES)[number]): void => {
    for (const state of STATES) metrics.textBreaker.set({ state }, state === now ? 1 : 0)
  }
  show('closed')
  return {
    asked: () => metrics.textRequests.inc(),
    used({ prompt, completion }) {
      metrics.textTokens.inc({ kind: 'prompt' }, prompt)
      metrics.textTokens.inc({ kind: 'completion' }, completion)
    },
    failed(reason, detail) {
      metrics.textFailures.inc({ reason })
      if (reason !== 'aborted') note(`no words for a root cause (${reason}): ${detail}`)
    },
    answered: seconds => metrics.textSeconds.observe(seconds),
    cached: () => metrics.textCacheHits.inc(),
    removed: reason => metrics.textRemoved.inc({ reason }),
    breaker: show,
  }
}
