import { createKeyReader, fieldOf, isValue, type KeyRule } from '../sequence/key-rule.ts'
import type { LogEvent } from '../types.ts'
import { serviceOfInstance } from './service-name.ts'
import type { RcaEvent } from './types.ts'

/** Where lines say who wrote them and what they belong to. Plain JSON, learned once. */
export interface Reading {
  service: { by: 'field'; field: string } | { by: 'component' } | { by: 'source' }
  instance?: string
  trace?: string
  span?: string
  /** Where no field names a trace: what makes a session. */
  key?: KeyRule
}

/** Names of fields as collectors and tracers write them (letters only, lower case), best first. */
const NAMES = {
  service:
    'service servicename resourceservicename kubernetescontainername containername container app application applicationname appname program job',
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

/** Tells from a stretch of events what the fields are. */
export const discoverReading = (sample: readonly LogEvent[], key?: KeyRule): Reading => {
  const counts = new Map<string, { n: number; values: Set<string> }>()
  const sources = new Set<string>()
  const components = new Set<string>()
  for (const event of sample) {
    sources.add(event.source)
    if (event.component !== undefined) components.add(event.component)
    for (const [field, value] of Object.entries(event.fields ?? {})) {
      if (!isValue(value)) continue
      const count = counts.get(field) ?? { n: 0, values: new Set<string>() }
      count.n++
      if (count.values.size < 1_000) count.values.add(value)
      counts.set(field, count)
    }
  }
  const find = (what: keyof typeof NAMES, least: number): string | undefined => {
    const names = NAMES[what].split(' ')
    const rank = (field: string): number => {
      const whole = names.indexOf(lettersOf(field))
      return whole >= 0 ? whole : names.indexOf(lettersOf(field.split('.').at(-1)!))
    }
    return [...counts]
      .filter(([field, { n }]) => rank(field) >= 0 && n >= least * sample.length)
      .sort(([a], [b]) => rank(a) - rank(b) || a.length - b.length)[0]?.[0]
  }
  const service = find('service', OFTEN)
  const instance = find('instance', OFTEN)
  const trace = find('trace', TRACED)
  const span = find('span', TRACED)
  const byPod =
    service === undefined && instance !== undefined && counts.get(instance)!.values.size > 1
  return {
    service:
      service !== undefined
        ? { by: 'field', field: service }
        : byPod
          ? { by: 'field', field: instance! }
          : sources.size > 1 || components.size === 0
            ? { by: 'source' }
            : { by: 'component' },
    ...(instance !== undefined && { instance }),
    ...(trace !== undefined ? { trace } : key !== undefined && { key }),
    ...(span !== undefined && { span }),
  }
}

const MOST_EXTRA = 16
const LONGEST_EXTRA = 120

/** Turns parsed lines into events of the engine. `id` is what the report cites. */
export const createEventReader = (
  reading: Reading,
): ((event: LogEvent, template: string, id: string) => RcaEvent) => {
  const { service, instance, trace, span, key } = reading
  const keysOf = key === undefined ? undefined : createKeyReader(key)
  const used = new Set<string>([instance, trace, span].flatMap(field => field ?? []))
  if (service.by === 'field') used.add(service.field)
  const place = (event: LogEvent): string =>
    (service.by === 'field'
      ? fieldOf(event, service.field)
      : service.by === 'component'
        ? event.component
        : event.source) ?? event.source
  const traceOf = (event: LogEvent): string | undefined => {
    if (trace !== undefined) {
      const value = fieldOf(event, trace)
      return value !== undefined && isValue(value) ? value : undefined
    }
    const [first] = keysOf?.(event) ?? []
    return first === undefined || key!.scope === 'global' ? first : `${event.source} ${first}`
  }
  return (event, template, id) => {
    const full = place(event)
    const own = instance === undefined ? full : (fieldOf(event, instance) ?? full)
    const inTrace = traceOf(event)
    const inSpan = span === undefined ? undefined : fieldOf(event, span)
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
      ...(inTrace !== undefined && { trace: inTrace }),
      ...(inSpan !== undefined && isValue(inSpan) && { span: inSpan }),
      ...(event.level !== undefined && { level: event.level }),
      template,
      text: event.text,
      id,
      params: extra.length === 0 ? event.parameters : [...event.parameters, ...extra],
    }
  }
}
