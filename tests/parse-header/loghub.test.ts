import { expect, test } from 'bun:test'
import { learnHeader } from '../../src/core/parse/header.ts'
import { createHeaderFields, createHeaderReader } from '../../src/core/parse/header-reader.ts'
import { readData, withoutData } from '../data.ts'

const file = 'loghub_2k/HDFS/HDFS_2k.log.gz'
const reason = withoutData(file)

test.skipIf(reason !== undefined)('HDFS: time, pid, level and class are cut off', async () => {
  const lines = (await readData(file)).split('\n').filter(line => line !== '')
  const reader = createHeaderReader(learnHeader(lines.slice(0, 200)))
  const out = createHeaderFields()
  const line = lines[0]!
  const start = reader.read(line, 0, out)
  expect(line.slice(start)).toBe('PacketResponder 1 for block blk_38865049064139660 terminating')
  expect(new Date(out.at).toISOString()).toBe('2008-11-09T20:36:15.000Z')
  expect([out.level, out.component, out.process]).toEqual([
    'info',
    'dfs.DataNode$PacketResponder',
    '148',
  ])
})
