import type { Anomaly } from '../../core/types.ts'
import type { PipelineCounts } from './protocol.ts'

/** Counts what happens until someone asks. */
export interface Tally {
  batch(lines: number, chars: number, seconds: number): void
  found(sessions: number, anomalies: readonly Anomaly[], suppressed: number): void
  failed(lines: number): void
  badModel(): void
  /** What was counted since the last call. */
  take(): PipelineCounts
}

const empty = (): PipelineCounts => ({
  ...{ lines: 0, chars: 0, sessions: 0, suppressed: 0, failed: 0, badModels: 0 },
  ...{ kinds: {}, seconds: [] },
})

export const createTally = (): Tally => {
  let counts = empty()
  return {
    batch(lines, chars, seconds) {
      counts.lines += lines
      counts.chars += chars
      counts.seconds.push(seconds)
    },
    found(sessions, anomalies, suppressed) {
      counts.sessions += sessions
      counts.suppressed += suppressed
      for (const { kind } of anomalies) counts.kinds[kind] = (counts.kinds[kind] ?? 0) + 1
      const latest = anomalies.at(-1)
      if (latest === undefined) return
      const surprise = spread(latest.lines.map(line => line.surprise))
      const distance = spread(latest.voices.map(voice => voice.score))
      if (surprise !== undefined) counts.surprise = surprise
      if (distance !== undefined) counts.distance = distance
    },
    failed: lines => {
      counts.failed += lines
    },
    badModel: () => {
      counts.badModels++
    },
    take() {
      const taken = counts
      counts = empty()
      return taken
    },
  }
}

const spread = (values: readonly number[]): { mean: number; max: number } | undefined => {
  if (values.length === 0) return undefined
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return { mean, max: values.reduce((a, b) => Math.max(a, b)) }
}
