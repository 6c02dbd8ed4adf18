import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { parseOptionsOf, windowOf } from '../../src/cli/learn-options.ts'
import { testFolder } from './folder.ts'
import { logbert } from './spawn.ts'

const { path: folder, put } = testFolder()

test('windows are events or a time, tumbling or sliding', () => {
  const rule = (window: string) => windowOf({ window }).window
  expect(windowOf({})).toEqual({})
  expect(rule('auto')).toBeUndefined()
  expect(rule('100')).toEqual({ by: 'count', size: 100 })
  expect(rule('5m')).toEqual({ by: 'time', size: 300_000 })
  expect(rule('60s/10s')).toEqual({ by: 'time', size: 60_000, step: 10_000 })
  for (const wrong of ['0', '-1', '1x', '100/200', '60s/10', '1/2/3', '']) {
    expect(() => rule(wrong)).toThrow('give events (100), a time (60s, 5m)')
  }
})

test('masks need a name', () => {
  expect(parseOptionsOf({ mask: ['order=ORD-\\w+'] }).parse).toEqual({
    masks: [{ name: 'order', pattern: 'ORD-\\w+' }],
  })
  expect(() => parseOptionsOf({ mask: ['ORD-\\w+'] })).toThrow('NAME=REGEX')
})

test('a pinned header and masks hold in parse, in training and in scoring', async () => {
  const line = (i: number) =>
    `job:${i % 3}|2026-01-05 08:00:0${i % 10}|order ORD-abc${'xyz'[i % 3]} done`
  const file = put('pinned.log', Array.from({ length: 300 }, (_, i) => line(i)).join('\n'))
  const pinned = ['--header', '<job>|<time>|<message>', '--mask', 'order=ORD-[a-z]+']
  const parsed = await logbert(['parse', file, '--json', ...pinned])
  expect(parsed.err).toContain('300 lines')
  const [first] = parsed.records<{ template: string; parameters: string[] }>()
  expect(first).toMatchObject({ template: 'order <*> done', parameters: ['ORD-abcx'] })
  const models = join(folder, 'models')
  const trained = await logbert([
    'train',
    file,
    '--models',
    models,
    '--epochs',
    '0',
    '--window',
    '30s',
    '--json',
    ...pinned,
  ])
  expect(trained.code, trained.err).toBe(0)
  expect(trained.records().at(-1)).toMatchObject({ training: { templates: 1 } })
  const next = put('next.log', `${line(1)}\n${line(2)}\n`)
  const scored = await logbert(['score', next, '--models', models, '--model', 'default', '--json'])
  expect(scored).toMatchObject({ code: 0, out: '' })
}, 30_000)
