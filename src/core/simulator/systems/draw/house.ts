import type { Random } from '../../random.ts'
import type { Family } from '../family.ts'
import type { House } from '../plan.ts'

/** How the system's lines are collected and framed. */
export const drawHouse = (random: Random, { shapes, fields, ids }: Family): House => ({
  shape: random.pick(shapes),
  fields: random.pick(fields),
  upperLevel: random.next() < 0.5,
  ...random.pick(ids),
})
