import type { LogLine } from '../../types.ts'
import { LAYOUTS } from './layouts.ts'
import type { Service, System } from './plan.ts'
import type { SystemLine } from './run/world.ts'

/** Writes lines as the system's collectors hand them over. */
export const createRenderer = (system: System): ((line: SystemLine) => LogLine) => {
  const { fields, shape, upperLevel } = system.house
  const services = new Map<string, Service>(system.services.map(each => [each.name, each]))
  const layoutOf = (line: SystemLine) => LAYOUTS[services.get(line.service)!.layout]!
  const record = (line: SystemLine, message: string, bare: boolean): string =>
    JSON.stringify({
      [fields.time]: new Date(Math.floor(line.at)).toISOString(),
      [fields.service]: line.service,
      [fields.instance]: line.instance,
      ...(!bare && { [fields.level]: upperLevel ? line.level.toUpperCase() : line.level }),
      ...(!bare && line.span !== undefined && { [fields.trace]: line.trace }),
      ...(!bare && line.span !== undefined && { [fields.span]: line.span }),
      [fields.message]: message,
    })
  return line => {
    const arrived = Math.floor(line.arrived)
    switch (shape) {
      case 'records':
        return { text: record(line, line.text, false), source: system.name, arrived }
      case 'wrapped':
        return {
          text: record(line, layoutOf(line)(bare(line)), true),
          source: system.name,
          arrived,
        }
      case 'stream':
        return { text: layoutOf(line)(bare(line)), source: system.name, arrived }
      case 'files':
        return { text: layoutOf(line)(bare(line)), source: line.instance, arrived }
    }
  }
}

/** Layouts show the id where the service's library does; otherwise it stands in the message only. */
const bare = (line: SystemLine): SystemLine => {
  if (line.span !== undefined || line.trace === undefined) return line
  const { trace: _, ...rest } = line
  return rest
}

/** The same as a JSON record with the usual names, whatever the system's own form is. */
export const toRecord = (line: SystemLine): LogLine => ({
  text: JSON.stringify({
    timestamp: new Date(Math.floor(line.at)).toISOString(),
    ...{ service: line.service, instance: line.instance },
    ...(line.trace !== undefined && { trace_id: line.trace }),
    ...(line.span !== undefined && { span_id: line.span }),
    ...{ level: line.level, message: line.text },
  }),
  source: 'records',
  arrived: Math.floor(line.arrived),
})
