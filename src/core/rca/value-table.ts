import type { Frame } from './frame.ts'
import { addHistogram, createHistogram, type Histogram, record } from './histogram.ts'
import { numberOf } from './number-text.ts'

/** What a slot of a template was seen to hold. */
export interface Values {
  n: number
  /** Distinct values with their counts; undefined once there are too many. */
  distinct: Map<string, number> | undefined
  numbers: Histogram | undefined
  /** Values that are no number. */
  words: number
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

export const countValues = (table: ValueTable, { size, type, params }: Frame): void => {
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
        values = { n: 0, distinct: new Map(), numbers: undefined, words: 0 }
        slots.set(slot, values)
      }
      noteValue(values, value)
    }
  }
}

const noteValue = (values: Values, value: string): void => {
  values.n++
  const number = numberOf(value)
  if (number === undefined) values.words++
  else {
    values.numbers ??= createHistogram()
    record(values.numbers, number)
  }
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
      const own = known.get(slot) ?? {
        ...{ n: 0, distinct: new Map<string, number>(), numbers: undefined, words: 0 },
      }
      known.set(slot, addValues(own, values))
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
  }
}
