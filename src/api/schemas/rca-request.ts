import * as v from 'valibot'
import { givenAnomaly } from './anomaly.ts'
import { words } from './common.ts'
import { logList } from './lines.ts'

const byIncident = v.strictObject({ incident: words(200, 'Id of an incident') })
const byAnomaly = v.strictObject({ anomaly: words(200, 'Id of a stored anomaly') })
const byLogs = v.strictObject({ logs: v.array(v.unknown()) })
const byAnomalies = v.strictObject({
  anomalies: v.pipe(
    v.array(givenAnomaly),
    v.maxLength(1000),
    v.description('As POST /infer_batch and GET /events give them'),
  ),
})
const none = v.strictObject(
  {},
  'Expected an object with one of incident, anomaly, logs and anomalies',
)

/** Takes the form that the request begins with, so that its faults are named, and no other's. */
export const rcaRequest = v.lazy(input => {
  const given = typeof input === 'object' && input !== null ? input : {}
  if ('incident' in given) return byIncident
  if ('anomaly' in given) return byAnomaly
  if ('logs' in given) return byLogs
  return 'anomalies' in given ? byAnomalies : missing
})

/** Never holds: says what is missing. */
const missing = v.pipe(
  none,
  v.check(() => false, 'Expected one of incident, anomaly, logs and anomalies'),
)

export const rcaShown = v.union([
  byIncident,
  byAnomaly,
  v.strictObject({ logs: logList }),
  byAnomalies,
])

export const MOST_RCA = 100

export const rcaBatch = v.strictObject({
  items: v.pipe(v.array(rcaRequest), v.minLength(1), v.maxLength(MOST_RCA)),
})
export const rcaBatchShown = v.strictObject({
  items: v.pipe(v.array(rcaShown), v.minLength(1), v.maxLength(MOST_RCA)),
})

export type RcaRequest = v.InferOutput<typeof rcaRequest>
