import { expect, test } from 'bun:test'
import * as v from 'valibot'
import { LOGBERT_DEFAULTS, logbertConfig } from '../../src/core/logbert/config.ts'
import {
  trainBodySchema,
  trainOptionsOfQuery,
  trainOptionsSchema,
} from '../../src/core/pipeline/learn-schema.ts'

const faults = (schema: v.GenericSchema, value: unknown) =>
  (v.safeParse(schema, value).issues ?? []).map(issue => v.getDotPath(issue) ?? '')

test('every fault of the options is named with its place', () => {
  const given = {
    ...{ name: '../x', session: '(', epochs: 1.5, budget: 0, timeZone: 'Mars/Base', holdout: 0.9 },
    ...{ promote: 'maybe', header: '<time> no message', masks: [{ name: 'm', pattern: '(a+)+' }] },
    ...{ network: { hidden: 4, epochs: 3 }, colour: 'red', window: 0 },
  }
  expect(faults(trainOptionsSchema, given).sort()).toEqual([
    ...['budget', 'colour', 'epochs', 'header', 'holdout', 'masks.0.pattern', 'name'],
    ...['network.epochs', 'network.hidden', 'promote', 'session', 'timeZone', 'window'],
  ])
})

test("LogBERT's settings have the ranges that training checks", () => {
  const { epochs: _, ...settings } = LOGBERT_DEFAULTS
  expect(faults(trainOptionsSchema, { network: settings })).toEqual([])
  for (const name of Object.keys(settings)) {
    const network = { [name]: -1 }
    expect(faults(trainOptionsSchema, { network })).toEqual([`network.${name}`])
    expect(() => logbertConfig(network)).toThrow(name)
  }
})

test('a body names a file or a stretch of the bus, not both', () => {
  expect(faults(trainBodySchema, { file: 'a.log', epochs: 2 })).toEqual([])
  expect(faults(trainBodySchema, { bus: { from: 5, to: '2026-01-05T08:00:00Z' } })).toEqual([])
  for (const body of [{}, { file: 'a', bus: {} }, { bus: { from: 'yesterday' } }]) {
    expect(faults(trainBodySchema, body)).toHaveLength(1)
  }
})

test('a query says the same as a body', () => {
  const query = {
    ...{ name: '5', session: '(\\d+)', epochs: '3', budget: '0.01' },
    ...{ window: '{"by":"time","size":60000}', 'network.hidden': '32' },
  }
  const options = trainOptionsOfQuery(query)
  expect(options).toEqual({
    ...{ name: '5', session: '(\\d+)', epochs: 3, budget: 0.01 },
    ...{ window: { by: 'time', size: 60_000 }, network: { hidden: 32 } },
  })
  expect(faults(trainOptionsSchema, options)).toEqual([])
  expect(faults(trainOptionsSchema, trainOptionsOfQuery({ epochs: 'many' }))).toEqual(['epochs'])
})
