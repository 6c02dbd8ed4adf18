import type { Random } from '../../random.ts'
import type { Line, Slot, System } from '../plan.ts'
import type { Context, Instance, SystemLine, World } from './world.ts'

export type Values = Record<string, string | number>

interface Part {
  before: string
  slot: string
}

const cut = new Map<string, { parts: Part[]; end: string; template: string }>()
const MOST_CUT = 50_000

const partsOf = (text: string) => {
  const known = cut.get(text)
  if (known !== undefined) return known
  const parts: Part[] = []
  let last = 0
  for (const match of text.matchAll(/\{(\w+)\}/g)) {
    parts.push({ before: text.slice(last, match.index), slot: match[1]! })
    last = match.index + match[0].length
  }
  const made = { parts, end: text.slice(last), template: text.replace(/\{\w+\}/g, '<*>') }
  if (cut.size > MOST_CUT) cut.clear()
  cut.set(text, made)
  return made
}

/** Writes a line into the log of an instance, unless that does not get out. */
export const write = (
  world: World,
  instance: Instance,
  line: Line | undefined,
  context?: Context,
  values: Values = {},
): void => {
  if (line === undefined || !instance.service.logs) return
  if (instance.mute || (instance.down && values.dying === undefined)) return
  const { clock, random, system } = world
  const { parts, end, template } = partsOf(line.text)
  const params: string[] = []
  let text = ''
  for (const { before, slot } of parts) {
    const value = slotText(slot, system, context, values, random)
    params.push(value)
    text += before + value
  }
  const { host, service } = instance
  const made: SystemLine = {
    at: clock.now + host.offset,
    arrived: (Math.floor(clock.now / host.shipMs) + 1) * host.shipMs,
    ...{ service: service.name, instance: instance.name, level: line.level },
    ...{ template, text: text + end, params },
  }
  if (context?.trace !== undefined && service.tracing !== 'none') {
    made.trace = context.trace
    if (service.tracing === 'field') made.span = context.span
  }
  world.lines.push(made)
}

const slotText = (
  name: string,
  system: System,
  context: Context | undefined,
  values: Values,
  random: Random,
): string => {
  const given = values[name]
  if (given !== undefined) return typeof given === 'number' ? numberText(given) : given
  if (name === 'rid') return context?.trace ?? '-'
  const slot = system.slots[name]
  if (slot === undefined) throw new RangeError(`nothing fills {${name}} of a simulated line`)
  if (slot.kind === 'entity' && context !== undefined) {
    const known = context.entities.get(name)
    if (known !== undefined) return known
    const made = drawSlot(slot, random)
    context.entities.set(name, made)
    return made
  }
  return drawSlot(slot, random)
}

const numberText = (value: number): string =>
  Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 1 : 0)

const drawSlot = (slot: Slot, random: Random): string => {
  switch (slot.kind) {
    case 'entity':
      return slot.prefix + random.text(slot.length, slot.alphabet)
    case 'number':
      return random.around(slot.median, slot.spread).toFixed(slot.decimals)
    case 'word':
      return random.pick(slot.of)
    case 'address':
      return `10.${random.int(0, 31)}.${random.int(0, 255)}.${random.int(1, 254)}`
    case 'hex':
      return random.text(slot.length, '0123456789abcdef')
  }
}
