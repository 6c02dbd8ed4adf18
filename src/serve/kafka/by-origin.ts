import { fnv1a128 } from '../../core/fnv.ts'
import type { StreamDetection } from '../../core/pipeline/stream-types.ts'
import type { LineStore } from './line-store.ts'

/**
 * Findings with ids by where their lines were in the input, not by where sorting has put them: the
 * same whoever sorted them, and how often.
 */
export const byOrigin = (found: StreamDetection, lineAt: LineStore['get']): StreamDetection => ({
  ...found,
  anomalies: found.anomalies.map(anomaly => {
    const { model, source, session, lines } = anomaly
    const places = lines.map(({ line }) => lineAt(line)?.origin ?? `${line}`)
    const id = fnv1a128([model.version, source, session, ...places].join('\n'))
    return { ...anomaly, id }
  }),
})
