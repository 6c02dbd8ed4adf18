import type { Family } from './family.ts'
import { devLanguage } from './words/dev-language.ts'
import { labLanguage } from './words/lab-language.ts'
import { portLanguage } from './words/port-language.ts'

const HEX = '0123456789abcdef'

/** The systems that the analysis is built on. */
export const devFamily: Family = {
  name: 'dev',
  language: devLanguage,
  services: [6, 18],
  mostLines: 26,
  mostSteps: 7,
  reach: 5,
  parallel: 0.2,
  linesPerSecond: [25, 45],
  shapes: ['records', 'records', 'wrapped', 'stream', 'files'],
  layouts: ['bracketed', 'threaded', 'pairs', 'daemon'],
  fields: [
    {
      ...{ time: 'timestamp', service: 'service', instance: 'pod', trace: 'trace_id' },
      ...{ span: 'span_id', level: 'level', message: 'message' },
    },
    {
      ...{ time: '@timestamp', service: 'app', instance: 'host', trace: 'traceId' },
      ...{ span: 'spanId', level: 'severity', message: 'msg' },
    },
    {
      ...{ time: 'ts', service: 'service_name', instance: 'instance', trace: 'request_id' },
      ...{ span: 'span', level: 'lvl', message: 'text' },
    },
  ],
  ids: [
    { idLength: 32, idAlphabet: HEX },
    { idLength: 16, idAlphabet: HEX },
    { idLength: 12, idAlphabet: 'abcdefghijklmnopqrstuvwxyz0123456789' },
  ],
  clockMs: [0, 3],
  untraced: 0.12,
  inMessage: 0.15,
  dataLogs: 0.6,
}

/**
 * Held out: other words, layouts, names and ids, wider fans with more parallel calls. Looked at for
 * final figures only.
 */
const portFamily: Family = {
  name: 'held-out-port',
  language: portLanguage,
  services: [8, 24],
  mostLines: 30,
  mostSteps: 9,
  reach: 12,
  parallel: 0.4,
  linesPerSecond: [25, 55],
  shapes: ['records', 'stream', 'files', 'wrapped'],
  layouts: ['numbered', 'dashed', 'piped'],
  fields: [
    {
      ...{ time: 'eventTime', service: 'component', instance: 'hostname', trace: 'correlationId' },
      ...{ span: 'operation_id', level: 'priority', message: 'text' },
    },
    {
      ...{ time: 'time', service: 'container', instance: 'pod_name', trace: 'x_request_id' },
      ...{ span: 'span_id', level: 'log_level', message: 'log' },
    },
    {
      ...{ time: 'timestamp', service: 'service', instance: 'instance', trace: 'trace_id' },
      ...{ span: 'span_id', level: 'level', message: 'message' },
    },
  ],
  ids: [
    { idLength: 20, idAlphabet: '0123456789ABCDEF' },
    { idLength: 26, idAlphabet: '0123456789ABCDEFGHJKMNPQRSTVWXYZ' },
  ],
  clockMs: [0, 5],
  untraced: 0.15,
  inMessage: 0.2,
  dataLogs: 0.7,
}

/**
 * Held out: small systems and very large ones with long chains, terse lines, few calls at the same
 * time. Looked at for final figures only.
 */
const labFamily: Family = {
  name: 'held-out-lab',
  language: labLanguage,
  services: [5, 40],
  mostLines: 40,
  mostSteps: 6,
  reach: 3,
  parallel: 0.1,
  linesPerSecond: [30, 70],
  shapes: ['records', 'stream', 'files', 'wrapped'],
  layouts: ['lettered', 'epoch', 'slashed'],
  fields: [
    {
      ...{ time: 't', service: 'svc', instance: 'node', trace: 'request', span: 'span' },
      ...{ level: 'lvl', message: 'm' },
    },
    {
      ...{
        time: '@t',
        service: 'program',
        instance: 'task',
        trace: 'txn_id',
        span: 'operationSpanId',
      },
      ...{ level: 'severity', message: 'body' },
    },
  ],
  ids: [
    { idLength: 24, idAlphabet: HEX },
    { idLength: 10, idAlphabet: '0123456789' },
  ],
  clockMs: [0, 2],
  untraced: 0.1,
  inMessage: 0.1,
  dataLogs: 0.5,
}

export const FAMILIES: readonly Family[] = [devFamily, portFamily, labFamily]
