import { readdirSync } from 'node:fs'
import type { RcaEvent } from '../../src/core/rca/types.ts'
import type { LogLine } from '../../src/core/types.ts'
import { dataPath, readData } from '../data.ts'

export const TRAIN_TICKET = 'nezha_trainticket'

/** One row of the published files. */
interface Row {
  at: number
  time: string
  pod: string
  trace: string
  span: string
  log: string
}

export interface TicketFault {
  name: string
  service: string
  type: string
  /** Epoch ms. */
  start: number
  file: string
}

const days = (): string[] =>
  readdirSync(dataPath(TRAIN_TICKET))
    .filter(name => /^\d{4}-/.test(name))
    .sort()

export const ticketNormals = (): string[] =>
  days().map(day => `${TRAIN_TICKET}/${day}/normal.csv.gz`)

export const ticketFaults = async (): Promise<TicketFault[]> => {
  const faults: TicketFault[] = []
  for (const day of days()) {
    for (const name of readdirSync(dataPath(`${TRAIN_TICKET}/${day}`)).sort()) {
      if (name.endsWith('.gz')) continue
      const folder = `${TRAIN_TICKET}/${day}/${name}`
      const fault = JSON.parse(await readData(`${folder}/fault.json`))
      faults.push({
        name: `${day} ${name}`,
        service: fault.inject_service,
        type: fault.inject_type,
        start: Date.parse(`${fault.inject_time.replace(' ', 'T')}Z`),
        file: `${folder}/log.csv.gz`,
      })
    }
  }
  return faults
}

/** RFC 4180, as far as these files need it. */
const cells = (text: string): string[][] => {
  const rows: string[][] = []
  let row: string[] = []
  let at = 0
  while (at < text.length) {
    let cell = ''
    if (text[at] === '"') {
      for (at++; ; at++) {
        const end = text.indexOf('"', at)
        cell += text.slice(at, end)
        at = end + 1
        if (text[at] !== '"') break
        cell += '"'
      }
    } else {
      const end = /[,\n]/g
      end.lastIndex = at
      const stop = end.exec(text)?.index ?? text.length
      cell = text.slice(at, stop)
      at = stop
    }
    row.push(cell)
    if (text[at] !== ',') {
      rows.push(row)
      row = []
    }
    at++
  }
  return rows
}

const rowsOf = async (file: string): Promise<Row[]> =>
  cells(await readData(file))
    .slice(1)
    .filter(row => row.length >= 8 && row[1] !== '')
    .map(([time, nano, _node, pod, _container, trace, span, log]) => ({
      at: Number(nano) / 1e6,
      time: time!,
      pod: pod!,
      trace: trace!,
      span: span!,
      log: logOf(log!),
    }))
    // One row of one file is years off.
    .filter(({ at }) => at > 1e12)

const logOf = (text: string): string => {
  try {
    return String(JSON.parse(text).log).trimEnd()
  } catch {
    return text.trimEnd()
  }
}

const HEAD = /^\S+ (\w+)\s+(\S+) TraceID: \S* SpanID: \S* (.*)$/s

/** Events whose templates are the places in the source that wrote them. */
export const ticketEvents = async (file: string): Promise<RcaEvent[]> =>
  (await rowsOf(file)).map(({ at, pod, trace, span, log }, i) => {
    const [, level = 'info', place = log.slice(0, 40), text = log] = HEAD.exec(log) ?? []
    return {
      ...{ at, service: pod.replace(/-[a-z0-9]+-[a-z0-9]+$/, ''), instance: pod },
      ...(trace !== '' && { trace }),
      ...(span !== '' && { span }),
      ...{ level: level.toLowerCase(), template: place, text, id: `${i + 1}` },
    }
  })

/** The same as JSON lines, as a collector would write them. */
export const ticketLines = async (file: string): Promise<LogLine[]> =>
  (await rowsOf(file)).map(({ at, time, pod, trace, span, log }) => {
    const [, level = 'INFO', place = '', text = log] = HEAD.exec(log) ?? []
    const record = {
      ...{ timestamp: time, pod, level, trace_id: trace, span_id: span },
      message: `${place} ${text}`,
    }
    return { text: JSON.stringify(record), source: 'ticket', arrived: at }
  })
