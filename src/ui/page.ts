import type { TrainJob } from '../api/deps.ts'
import type { Anomaly } from '../core/types.ts'
import { showAnomaly } from './anomaly-card.ts'
import { popUp } from './popup.ts'

interface Stats {
  lines: number
  sessions: number
  anomalies: number
  linesPerSecond: number
}

const MOST_SHOWN = 200

const element = (id: string): HTMLElement => document.getElementById(id)!
const put = (id: string, text: string): void => {
  element(id).textContent = text
}

let found = 0

const onAnomaly = (anomaly: Anomaly): void => {
  const list = element('list')
  element('empty').hidden = true
  list.prepend(showAnomaly(anomaly))
  while (list.childElementCount > MOST_SHOWN) list.lastElementChild!.remove()
  popUp(element('popups'), anomaly)
  put('anomalies', (++found).toLocaleString('en'))
}

const onStats = (stats: Stats): void => {
  for (const name of ['lines', 'sessions', 'anomalies'] as const) {
    put(name, stats[name].toLocaleString('en'))
  }
  found = stats.anomalies
  put('rate', stats.linesPerSecond.toLocaleString('en'))
}

const onTrain = (job: TrainJob): void => {
  const running = job.state === 'running' || job.state === 'waiting'
  const why = job.error === undefined ? '' : `: ${job.error.message}`
  const { phase, epoch } = job.progress ?? {}
  const step = running && phase !== undefined ? `: ${phase}` : ''
  put(
    'training',
    `Training ${job.request.name} ${job.state}${step}${epoch ? ` ${epoch}` : ''}${why}`,
  )
  element('training').hidden = job.state === 'done' || job.state === 'cancelled'
}

const onModel = (model: { name: string; version: string } | null): void => {
  put('model', model === null ? 'no model yet' : `${model.name} ${model.version}`)
}

const onState = (live: boolean): void => {
  put('state', live ? 'live' : 'connection lost, trying again…')
  element('state').className = `chip ${live ? 'live' : 'gone'}`
}

const start = async (): Promise<void> => {
  // `after` names no event of this run, so everything that is kept comes first.
  const events = new EventSource('/events?after=start-0')
  const on = <T>(type: string, handle: (value: T) => void): void =>
    events.addEventListener(type, event => handle(JSON.parse((event as MessageEvent).data) as T))
  events.onopen = () => onState(true)
  events.onerror = () => onState(false)
  on('anomaly', onAnomaly)
  on('stats', onStats)
  on('train', onTrain)
  on('model', onModel)
  const health = (await (await fetch('/healthz')).json()) as {
    model: Parameters<typeof onModel>[0]
  }
  onModel(health.model)
}

void start()
