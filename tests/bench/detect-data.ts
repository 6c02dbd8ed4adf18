import { createRandom, type Random } from '../../src/core/simulator/random.ts'
import { readData } from '../data.ts'
import type { Task } from './detect-evaluate.ts'

const rowsOf = (text: string): number[][] =>
  text
    .split('\n')
    .filter(line => line.trim() !== '')
    .map(line =>
      line
        .slice(line.indexOf(',') + 1)
        .trim()
        .split(/\s+/)
        .map(Number),
    )

export interface Labelled {
  normal: number[][]
  odd: number[][]
}

export const readHdfs = async (): Promise<Labelled> => ({
  normal: rowsOf(await readData('hdfs_115k/normal.txt.gz')),
  odd: rowsOf(await readData('hdfs_115k/abnormal.txt.gz')),
})

export const readOpenStack = async (): Promise<Labelled> => ({
  normal: [
    ...rowsOf(await readData('openstack_kalaki/sequences_train.txt.gz')),
    ...rowsOf(await readData('openstack_kalaki/sequences_test_normal.txt.gz')),
  ],
  odd: rowsOf(await readData('openstack_kalaki/sequences_test_abnormal.txt.gz')),
})

/** The first `n` normals to learn from, the rest to try. */
export const firstOf = ({ normal, odd }: Labelled, n: number): Task => ({
  training: normal.slice(0, n),
  normal: normal.slice(n),
  odd,
})

export const shuffled = <T>(list: readonly T[], random: Random): T[] => {
  const out = [...list]
  for (let i = out.length - 1; i > 0; i--) {
    const j = random.int(0, i)
    ;[out[i], out[j]] = [out[j]!, out[i]!]
  }
  return out
}

/** `n` normals drawn by a seed to learn from, the rest to try. */
export const drawnOf = ({ normal, odd }: Labelled, n: number, seed: number): Task =>
  firstOf({ normal: shuffled(normal, createRandom(seed)), odd }, n)

/** The first `n` normals with a share of anomalies among them; those are not tried again. */
export const mixedOf = (data: Labelled, n: number, share: number, seed: number): Task => {
  const task = firstOf(data, n)
  const odd = shuffled(task.odd, createRandom(seed))
  const hidden = Math.round(n * share)
  return {
    ...task,
    training: [...task.training, ...odd.slice(0, hidden)],
    odd: odd.slice(hidden),
  }
}
