import { distinct, type SequenceSet } from '../../src/core/sequence/sequence-set.ts'
import { createRandom, type Random } from '../../src/core/simulator/random.ts'
import { readData } from '../data.ts'

/** Normals to learn from, and what is judged: sequences with weights. */
export interface LogbertTask {
  training: SequenceSet
  normal: SequenceSet
  odd: SequenceSet
  /** Sessions with a fault of order each, by kind; none of them occurs as it is. */
  faults: Map<string, number[][]>
  /** Test normals in the order of the file, repeats and all. */
  stream: number[][]
}

const FAULTS = 300

const rowsOf = (text: string): number[][] =>
  text
    .trim()
    .split('\n')
    .map(line => line.trim().split(/\s+/).map(Number))

/** HDFS sessions: the first `sessions` normals to learn from, all others to judge. */
export const hdfsTask = async (sessions: number, seed: number): Promise<LogbertTask> => {
  const normals = rowsOf(await readData('hdfs_115k/normal.txt.gz'))
  const odd = rowsOf(await readData('hdfs_115k/abnormal.txt.gz'))
  const stream = normals.slice(sessions)
  const known = new Set(normals.map(events => events.join(' ')))
  const random = createRandom(seed)
  const faults = new Map(
    Object.entries(makers).map(([kind, make]) => {
      const found = new Map<string, number[]>()
      for (let tries = 0; tries < 100 * FAULTS && found.size < FAULTS; tries++) {
        const session = random.pick(stream)
        if (session.length < 3) continue
        const fault = make(session, random, random.pick(stream))
        if (!known.has(fault.join(' '))) found.set(fault.join(' '), fault)
      }
      return [kind, [...found.values()]]
    }),
  )
  const training = distinct(normals.slice(0, sessions))
  return { training, normal: distinct(stream), odd: distinct(odd), faults, stream }
}

type Make = (session: readonly number[], random: Random, other: readonly number[]) => number[]

const exchanged = (session: readonly number[], i: number, j: number): number[] =>
  session.with(i, session[j]!).with(j, session[i]!)

/** Faults that leave the events of the system known. */
const makers: Record<string, Make> = {
  'adjacent swap': (s, random) => {
    const i = random.int(0, s.length - 2)
    return exchanged(s, i, i + 1)
  },
  'far swap': (s, random) => {
    const i = random.int(0, s.length - 3)
    return exchanged(s, i, random.int(i + 2, s.length - 1))
  },
  truncation: (s, random) => s.slice(0, random.int(1, s.length - 1)),
  deletion: (s, random) => s.toSpliced(random.int(0, s.length - 1), 1),
  duplication: (s, random) => {
    const i = random.int(0, s.length - 1)
    return s.toSpliced(i, 0, s[i]!)
  },
  splice: (s, random, other) => [
    ...s.slice(0, random.int(1, s.length - 1)),
    ...other.slice(random.int(1, other.length - 1)),
  ],
}
