import type { PipelineStats } from '../api/deps.ts'
import type { Readable } from '../api/read-report.ts'
import type { TrainJob } from '../api/train-service.ts'
import type { Incident, IncidentState } from '../core/incident/incident.ts'
import type { Anomaly } from '../core/types.ts'
import { showAnomaly } from './anomaly-card.ts'
import { createBoard } from './board.ts'
import { listen } from './events.ts'
import { showIncident } from './incident-card.ts'
import { count } from './make.ts'
import { NEWS, popUp } from './popup.ts'
import { createReports, type RcaText } from './reports.ts'
import { read, send } from './server.ts'
import { signIn } from './sign-in.ts'

const MOST_ANOMALIES = 200
const MOST_INCIDENTS = 50
const FIRST_PAGE = 50
/** Each holds all lines that it cites. */
const FIRST_REPORTS = 20

const element = (id: string): HTMLElement => document.getElementById(id)!
const put = (id: string, text: string): void => {
  element(id).textContent = text
}

const setState = async (id: string, state: IncidentState): Promise<void> => {
  incidents.show(await send<Incident>('PATCH', `/incidents/${id}`, { state }))
}
const callNormal = async (id: string): Promise<void> => {
  await send('POST', `/anomalies/${id}/feedback`, { verdict: 'normal' })
}
const explain = async (incident: string): Promise<void> => {
  reports.show(await send<Readable>('POST', '/rca', { incident }))
}
const reports = createReports((report, said) => send('POST', `/rca/${report}/feedback`, said))
const incidents = createBoard<Incident>(
  element('incidents'),
  incident => showIncident(incident, reports.of(incident.id), { change: setState, explain }),
  MOST_INCIDENTS,
)
const anomalies = createBoard<Anomaly>(
  element('list'),
  anomaly => showAnomaly(anomaly, callNormal),
  MOST_ANOMALIES,
)

const found = (): void => {
  element('empty').hidden = true
}

const on: Record<string, (value: never) => void> = {
  anomaly(anomaly: Anomaly) {
    found()
    anomalies.show(anomaly)
  },
  incident({ change, incident }: { change: string; incident: Incident }) {
    found()
    incidents.show(incident)
    const news = NEWS[change]
    if (news !== undefined) popUp(element('popups'), news, incident)
  },
  rca: (report: Readable) => reports.show(report),
  'rca-text': (text: RcaText) => reports.tell(text),
  stats(stats: PipelineStats) {
    put('lines', count(stats.lines))
    put('rate', count(Math.round(stats.linesPerSecond)))
    put('sessions', count(stats.sessions))
    put('anomalies', count(stats.anomalies))
  },
  train(job: TrainJob) {
    const running = job.state === 'running' || job.state === 'waiting'
    const { phase, epoch } = job.progress ?? {}
    const step = running && phase !== undefined ? `: ${phase}` : ''
    const why = job.error === undefined ? '' : `: ${job.error.message}`
    const name = `Training ${job.request.name} ${job.state}`
    put('training', `${name}${step}${epoch ? ` ${epoch}` : ''}${why}`)
    element('training').hidden = job.state === 'done' || job.state === 'cancelled'
  },
  model(model: { name: string; version: string } | null) {
    put('model', model === null ? 'no model yet' : `${model.name} ${model.version}`)
  },
}

const hear = (type: string, data: string): void =>
  (on[type] as ((value: unknown) => void) | undefined)?.(JSON.parse(data))

const showLive = (live: boolean): void => {
  put('state', live ? 'live' : 'connection lost, trying again…')
  element('state').className = `chip ${live ? 'live' : 'gone'}`
}

/** What there was before the page came: behind what has happened since. */
const showPast = async (): Promise<void> => {
  type Page<T> = { items: T[] }
  const [known, odd, told, status] = await Promise.all([
    read<Page<Incident>>(`/incidents?states=open,acknowledged&limit=${FIRST_PAGE}`),
    read<Page<Anomaly>>(`/anomalies?states=open,real&limit=${FIRST_PAGE}`),
    read<Page<Readable>>(`/rca?limit=${FIRST_REPORTS}`),
    read<{ served: { name: string; version: string } | null; pipeline: PipelineStats }>(
      '/model/status',
    ),
  ])
  for (const report of told.items) reports.showPast(report)
  for (const incident of known.items) incidents.append(incident)
  for (const anomaly of odd.items) anomalies.append(anomaly)
  if (known.items.length + odd.items.length > 0) found()
  on.model!(status.served as never)
  on.stats!(status.pipeline as never)
}

let first = true
void listen({
  opened() {
    showLive(true)
    // From here on nothing is missed, so the past is asked for once.
    if (first) void showPast().catch(() => undefined)
    first = false
  },
  heard: ({ type, data }) => hear(type, data),
  broke(refused) {
    showLive(false)
    if (refused === undefined) return
    put('state', refused.message)
    if (refused.status === 401) signIn(element('main'), refused.message)
  },
})
