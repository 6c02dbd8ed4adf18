import { expect, test } from 'bun:test'
import { serviceOfInstance } from '../../src/core/rca/service-name.ts'

test.each([
  ['orders', 'orders'],
  ['orders-0', 'orders'],
  ['orders-6f7d8b9c4d-x2k4v', 'orders'],
  ['orders.log', 'orders'],
  ['orders-2.log', 'orders'],
  ['orders.log.1', 'orders'],
  ['orders.log-20260105', 'orders'],
  ['orders.log.2026-01-05', 'orders'],
  ['orders-2026-01-05.log', 'orders'],
  ['orders_20260105T10.jsonl', 'orders'],
  ['2026-01-05.log', '2026-01'],
  ['.log', '.log'],
  ['db.example.com', 'db.example.com'],
  ['catalog', 'catalog'],
])('%s is written by %s', (name, service) => {
  expect(serviceOfInstance(name)).toBe(service)
})
