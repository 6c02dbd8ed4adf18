import type { Family } from './family.ts'
import { devLanguage } from './words/dev-language.ts'

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

export const FAMILIES: readonly Family[] = [devFamily]
