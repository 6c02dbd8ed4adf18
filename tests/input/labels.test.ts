import { expect, test } from 'bun:test'
import { readLabels } from '../../src/core/input/labels.ts'
import { readData, withoutData } from '../data.ts'

test('columns are found by their names, or are the first two', () => {
  const named = readLabels(['when,Label,BlockId', '1,Anomaly,"blk,1"', '2,Normal,blk_2'])
  expect([...named]).toEqual([
    ['blk,1', true],
    ['blk_2', false],
  ])
  expect([...readLabels(['a,1', '', 'b,0', 'c,true'])].map(([, odd]) => odd)).toEqual([
    true,
    false,
    true,
  ])
})

test('a line that holds no label is named, and so is an empty file', () => {
  expect(() => readLabels(['a,1', 'b,perhaps'], 'l.csv')).toThrow(
    /l\.csv failed: line 2 is "b,perhaps"/,
  )
  expect(() => readLabels([], 'l.csv')).toThrow(/no labels/)
})

test.skipIf(withoutData('hdfs_2pct/labels.csv.gz') !== undefined)(
  'the labels of HDFS are read: 350 anomalous blocks, 11,151 normal ones',
  async () => {
    const labels = readLabels((await readData('hdfs_2pct/labels.csv.gz')).split('\n'))
    const odd = [...labels.values()].filter(Boolean).length
    expect([odd, labels.size - odd]).toEqual([350, 11_151])
  },
)
