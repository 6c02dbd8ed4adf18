import { distinct, type SequenceSet } from '../../src/core/sequence/sequence-set.ts'
import { createRandom } from '../../src/core/simulator/random.ts'
import { readData } from '../data.ts'
import { FAULTS as MAKERS } from './detect-faults.ts'

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
    Object.entries(MAKERS).map(([kind, make]) => {
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
