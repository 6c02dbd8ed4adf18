import type { LogEvent } from '../types.ts'
import { type Column, valueIn } from './columns.ts'
import { createEventReader, discoverReading, type Reading } from './reading.ts'
import { serviceOfInstance } from './service-name.ts'
import type { RcaEvent } from './types.ts'
import { placeOf } from './writer.ts'

export interface Learned {
  reading: Reading
  services: readonly string[]
}

/**
 * Turns lines that are compared with what was learned into events. They are read as it was learned,
 * but for what goes by another name here: fields (`svc` there, `service` here; plain files there,
 * records here), and a log that was learned by itself (a file of another day, a copy).
 * @param sample some of the lines
 * @param sources of all lines
 */
export const createFittedReader = (
  { reading, services }: Learned,
  sample: readonly LogEvent[],
  sources: ReadonlySet<string>,
): ((event: LogEvent, template: string, id: string) => RcaEvent) => {
  const { only } = reading
  const source = only === undefined || sources.has(only) ? undefined : only
  const rename = (event: LogEvent): LogEvent =>
    source === undefined ? event : { ...event, source }
  const read = createEventReader(fit(reading, new Set(services), sample.map(rename)))
  return (event, template, id) => read(rename(event), template, id)
}

/** Lines of services that are known; of fewer, others may be read in another place. */
const MOSTLY = 0.5

/** As it was learned where that works; else who wrote a line is read where more services are known. */
const fit = (
  learned: Reading,
  services: ReadonlySet<string>,
  sample: readonly LogEvent[],
): Reading => {
  const knownBy = (service: Reading['service']): number =>
    sample.filter(event => services.has(serviceOfInstance(placeOf(event, service)))).length
  const isGone = (column: Column | undefined): boolean =>
    column !== undefined && sample.every(event => valueIn(event, column) === undefined)
  const gone = (['instance', 'trace', 'span'] as const).filter(part => isGone(learned[part]))
  const isFitting = knownBy(learned.service) >= MOSTLY * sample.length
  if (isFitting && gone.length === 0) return learned
  const own = discoverReading(sample, learned.key)
  return {
    ...learned,
    ...(!isFitting && knownBy(own.service) > knownBy(learned.service) && { service: own.service }),
    ...Object.fromEntries(
      gone.flatMap(part => (own[part] === undefined ? [] : [[part, own[part]]])),
    ),
  }
}
