import { createKeyReader, isValue, type KeyRule } from '../sequence/key-rule.ts'
import type { LogEvent } from '../types.ts'
import { type Column, type ColumnFacts, columnsOf, valueIn } from './columns.ts'
import { createIdFinder, type IdForm, idFormOf } from './id-shape.ts'
import { serviceOfInstance } from './service-name.ts'
import { createPlaceReader, findTracePlace, type TracePlace } from './trace-place.ts'
import type { RcaEvent } from './types.ts'
import { findWriters, placeOf, type Writer } from './writer.ts'

/** Where lines say who wrote them and what they belong to. Plain JSON, learned once. */
export interface Reading {
  service: Writer
  instance?: Column
  trace?: Column
  span?: Column
  /** How ids of traces look, for lines that have them in their text only. */
  form?: IdForm
  /** Where no field names a trace: where texts do. */
  place?: TracePlace
  /** The source that all was learned from, where it was one. */
  only?: string
  /** Where nothing names a trace: what makes a session. */
  key?: KeyRule
}

/** Names of fields as collectors and tracers write them (letters only, lower case), best first. */
const NAMES = {
  service:
    'service servicename resourceservicename svc kubernetescontainername containername container app application applicationname appname program syslogidentifier job',
  instance:
    'pod podname kubernetespodname instance instanceid serviceinstanceid host hostname node nodename containerid task machine',
  trace:
    'traceid trace xtraceid contexttraceid requestid request reqid xrequestid correlationid correlation transactionid txid txnid spantraceid operationid',
  span: 'spanid span contextspanid operationspanid',
}

const lettersOf = (field: string): string => field.toLowerCase().replace(/[^a-z]/g, '')

/** Share of the lines that must carry a field for it to be what its name says. */
const OFTEN = 0.5
const TRACED = 0.1
/** Names are few, and each stands in many lines. */
const LINES_PER_NAME = 10
/** Share of the values of a column of ids that must be ids. */
const MOSTLY = 0.9

/** Tells from a stretch of events what the fields are. */
export const discoverReading = (sample: readonly LogEvent[], key?: KeyRule): Reading => {
  const columns = columnsOf(sample)
  const find = (what: keyof typeof NAMES, least: number): ColumnFacts | undefined =>
    byName(columns, what).find(({ n }) => n >= least * sample.length)
  const parts = columns.filter(({ column }) => column.includes('#'))
  const service = find('service', OFTEN) ?? nameAmong(parts, sample.length)
  const instance = find('instance', OFTEN)
  const trace = find('trace', TRACED) ?? idAmong(parts, sample, service?.column)
  const span =
    find('span', TRACED) ??
    parts.find(each => each !== trace && each !== service && each.ids >= MOSTLY)
  const form = trace === undefined ? undefined : idFormOf(trace.values.keys())
  const by =
    named(service) ??
    (instance !== undefined && instance.values.size > 1 ? named(instance) : undefined) ??
    writerOf(columns, trace?.column, sample)
  const place =
    trace === undefined ? findTracePlace(sample, event => placeOf(event, by)) : undefined
  return {
    service: by,
    ...(instance !== undefined && { instance: instance.column }),
    ...(trace !== undefined
      ? { trace: trace.column }
      : place !== undefined
        ? { place }
        : key !== undefined && { key }),
    ...(span !== undefined && { span: span.column }),
    ...(form !== undefined && { form }),
  }
}

const byName = (columns: readonly ColumnFacts[], what: keyof typeof NAMES): ColumnFacts[] => {
  const names = NAMES[what].split(' ')
  const rank = ({ column }: ColumnFacts): number => {
    const whole = names.indexOf(lettersOf(column))
    return whole >= 0 ? whole : names.indexOf(lettersOf(column.split('.').at(-1)!))
  }
  return columns
    .filter(each => rank(each) >= 0)
    .sort((a, b) => rank(a) - rank(b) || a.column.length - b.column.length)
}

/** Of values that stand together the one that names who wrote the line. */
const nameAmong = (parts: readonly ColumnFacts[], lines: number): ColumnFacts | undefined =>
  parts.find(
    ({ n, values, ids }) =>
      n >= OFTEN * lines && ids < 0.5 && values.size > 1 && values.size * LINES_PER_NAME <= n,
  )

/** Of values that stand together the id that most services share: that of the trace, not of the span. */
const idAmong = (
  parts: readonly ColumnFacts[],
  sample: readonly LogEvent[],
  service: Column | undefined,
): ColumnFacts | undefined => {
  const ids = parts.filter(({ n, ids }) => ids >= MOSTLY && n >= TRACED * sample.length)
  const crossing = (column: Column): number => {
    const seen = new Map<string, Set<string>>()
    for (const event of sample) {
      const id = valueIn(event, column)
      if (id === undefined) continue
      const owner = (service === undefined ? undefined : valueIn(event, service)) ?? event.source
      seen.set(id, (seen.get(id) ?? new Set()).add(owner))
    }
    let sum = 0
    for (const { size } of seen.values()) sum += size
    return sum / Math.max(1, seen.size)
  }
  return ids
    .map(each => ({ each, crosses: crossing(each.column) }))
    .sort((a, b) => b.crosses - a.crosses)[0]?.each
}

const named = (facts: ColumnFacts | undefined): Writer | undefined =>
  facts && { by: 'field', field: facts.column }

/** Who wrote the lines, where no field is called so. */
const writerOf = (
  columns: readonly ColumnFacts[],
  trace: Column | undefined,
  sample: readonly LogEvent[],
): Writer => {
  if (sample.some(event => event.source !== sample[0]!.source)) return { by: 'source' }
  const component: Column[] = sample.some(event => event.component !== undefined)
    ? ['component']
    : []
  const place = trace === undefined ? findTracePlace(sample, event => event.source) : undefined
  const inPlace = place && createPlaceReader(place)
  const traceOf = (event: LogEvent): string | undefined =>
    trace === undefined ? inPlace?.(event) : valueIn(event, trace)
  const [field, ...or] = new Set([...findWriters(columns, sample, traceOf), ...component])
  if (field === undefined) return { by: 'source' }
  if (field === 'component' && or.length === 0) return { by: 'component' }
  return { by: 'field', field, ...(or.length > 0 && { or }) }
}

const MOST_EXTRA = 16
const LONGEST_EXTRA = 120
/** Ids of traces that are remembered, for lines that have them in their text. */
const MOST_LIVE = 50_000

/** Turns parsed lines into events of the engine. `id` is what the report cites. */
export const createEventReader = (
  reading: Reading,
): ((event: LogEvent, template: string, id: string) => RcaEvent) => {
  const { service, instance, span } = reading
  const used = new Set<string>(
    [
      ...[instance, reading.trace, span, reading.place?.field],
      ...(reading.place?.others ?? []).map(({ field }) => field),
      ...(service.by === 'field' ? [service.field, ...(service.or ?? [])] : []),
    ].flatMap(column => column?.replace(/#\d+$/, '') ?? []),
  )
  const traceOf = createTraceReader(reading)
  return (event, template, id) => {
    const full = placeOf(event, service)
    const own = ownInstance(reading, event, full)
    const trace = traceOf(event)
    const inSpan = span === undefined ? undefined : valueIn(event, span)
    const extra = Object.entries(event.fields ?? {})
      .filter(
        ([field, value]) =>
          !used.has(field) && value !== event.text && value.length <= LONGEST_EXTRA,
      )
      .slice(0, MOST_EXTRA)
      .map(([field, value]) => `${field.replace(/[^\w.-]/g, '_')}=${value}`)
    return {
      at: event.at,
      service: serviceOfInstance(full),
      instance: own,
      ...(trace !== undefined && { trace }),
      ...(inSpan !== undefined && isValue(inSpan) && { span: inSpan }),
      ...(event.level !== undefined && { level: event.level }),
      template,
      text: event.text,
      id,
      params: extra.length === 0 ? event.parameters : [...event.parameters, ...extra],
    }
  }
}

/** A host may run several services; a file of its own is an instance of the service. */
const ownInstance = ({ instance, service }: Reading, event: LogEvent, full: string): string =>
  (instance === undefined ? undefined : valueIn(event, instance)) ??
  (service.by === 'field' && serviceOfInstance(event.source) === serviceOfInstance(full)
    ? event.source
    : full)

const createTraceReader = ({
  trace,
  form,
  key,
  place,
}: Reading): ((event: LogEvent) => string | undefined) => {
  const keysOf = key === undefined ? undefined : createKeyReader(key)
  const find = form === undefined ? undefined : createIdFinder(form)
  if (place !== undefined) return createPlaceReader(place)
  const live = new Set<string>()
  const remember = (id: string): void => {
    if (live.size >= MOST_LIVE) live.clear()
    live.add(id)
  }
  return event => {
    if (trace === undefined) {
      const [first] = keysOf?.(event) ?? []
      return first === undefined || key!.scope === 'global' ? first : `${event.source} ${first}`
    }
    const value = valueIn(event, trace)
    if (value !== undefined && isValue(value)) {
      remember(value)
      return value
    }
    const found = find?.(event.text)
    return found !== undefined && (live.has(found) || isTelling(form!)) ? found : undefined
  }
}

/** Whether hardly anything but a trace's id looks like one. */
const isTelling = ({ kind, length, prefix }: IdForm): boolean =>
  kind === 'uuid' || prefix !== '' || (kind === 'hex' ? length >= 16 : length >= 20)
