import type { House } from './plan.ts'
import type { Language } from './words/language.ts'

export type Range = readonly [number, number]

/** Shape of a kind of systems. Systems of other families share neither words, layouts nor shape. */
export interface Family {
  name: string
  language: Language
  services: Range
  /** Most lines of one operation with all that it calls. */
  mostLines: number
  /** Most steps of one operation. */
  mostSteps: number
  /** How many of the services drawn before may be called: few make chains, many make fans. */
  reach: number
  /** Share of the calls that go out at the same time as others. */
  parallel: number
  /** Lines per second on average. */
  linesPerSecond: Range
  shapes: readonly House['shape'][]
  layouts: readonly string[]
  fields: readonly House['fields'][]
  ids: readonly Pick<House, 'idLength' | 'idAlphabet'>[]
  /** Largest clock offset, ms. */
  clockMs: Range
  /** Share of services whose lines carry no request id. */
  untraced: number
  /** Share of services that have the id in the message instead of a field. */
  inMessage: number
  /** Share of databases, caches and brokers that log. */
  dataLogs: number
}
