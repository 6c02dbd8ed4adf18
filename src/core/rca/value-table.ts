import type { Frame } from './frame.ts'
import { addHistogram, createHistogram, type Histogram, record } from './histogram.ts'
import { numberOf } from './number-text.ts'
import { createStepper, noSteps, type Steps } from './running-number.ts'

/** What a slot of a template was seen to hold. */
export interface Values {
  n: number
  /** Distinct values with their counts; undefined once there are too many. */
  distinct: Map<string, number> | undefined
  numbers: Histogram | undefined
  /** Values that are no number. */
  words: number
  steps: Steps
}

/** By type, then by slot: its position, or its name where the value carries one. */
export type ValueTable = Map<number, Map<string, Values>>

/** A slot of more values names things that come and go. */
const MOST_DISTINCT = 64
const MOST_SLOTS = 32
const LONGEST = 120
const NAMED = /^([A-Za-z_][\w.-]{0,40})=(.*)$/s

/** Slot and value of the n-th parameter. */
export const slotOf = (param: string, n: number): [slot: string, value: string] => {
  const named = param.includes('=') ? NAMED.exec(param) : null
  return named === null ? [`${n}`, param] : [named[1]!, named[2]!]
}

const noValues = (): Values => ({
  ...{ n: 0, distinct: new Map<string, number>(), numbers: undefined, words: 0 },
  steps: noSteps(),
})

export const countValues = (table: ValueTable, frame: Frame): void => {
  const { size, type, params, instance, service } = frame
  const step = createStepper()
  for (let i = 0; i < size; i++) {
    const own = params[i]
    if (own === undefined || own.length === 0) continue
    let slots = table.get(type[i]!)
    if (slots === undefined) {
      slots = new Map()
      table.set(type[i]!, slots)
    }
    for (let n = 0; n < own.length && n < MOST_SLOTS; n++) {
      const [slot, value] = slotOf(own[n]!, n)
      let values = slots.get(slot)
      if (values === undefined) {
        if (slots.size >= MOST_SLOTS) continue
        values = noValues()
        slots.set(slot, values)
      }
      const number = noteValue(values, value)
      if (number === undefined || value.endsWith('%')) continue
      const writer = instance[i]! >= 0 ? instance[i]! : -1 - service[i]!
      step(values.steps, `${type[i]} ${writer} ${slot}`, number)
    }
  }
}

const noteValue = (values: Values, value: string): number | undefined => {
  values.n++
  const number = numberOf(value)
  if (number === undefined) values.words++
  else {
    values.numbers ??= createHistogram()
    record(values.numbers, number)
  }
  noteDistinct(values, value)
  return number
}

const noteDistinct = (values: Values, value: string): void => {
  const { distinct } = values
  if (distinct === undefined) return
  const known = distinct.get(value)
  if (known !== undefined) distinct.set(value, known + 1)
  else if (distinct.size >= MOST_DISTINCT || value.length > LONGEST) values.distinct = undefined
  else distinct.set(value, 1)
}

export const addValueTable = (to: ValueTable, from: ValueTable): void => {
  for (const [type, slots] of from) {
    let known = to.get(type)
    if (known === undefined) {
      known = new Map()
      to.set(type, known)
    }
    for (const [slot, values] of slots) {
      known.set(slot, addValues(known.get(slot) ?? noValues(), values))
    }
  }
}

const addValues = (to: Values, from: Values): Values => {
  const distinct =
    to.distinct === undefined || from.distinct === undefined ? undefined : new Map(to.distinct)
  for (const [value, count] of from.distinct ?? []) {
    distinct?.set(value, (distinct.get(value) ?? 0) + count)
  }
  let numbers = to.numbers
  if (from.numbers !== undefined) {
    const sum = createHistogram()
    if (numbers !== undefined) addHistogram(sum, numbers)
    addHistogram(sum, from.numbers)
    numbers = sum
  }
  return {
    n: to.n + from.n,
    distinct: (distinct?.size ?? Infinity) > MOST_DISTINCT ? undefined : distinct,
    numbers,
    words: to.words + from.words,
    steps: {
      rises: to.steps.rises + from.steps.rises,
      falls: to.steps.falls + from.steps.falls,
    },
  }
}
