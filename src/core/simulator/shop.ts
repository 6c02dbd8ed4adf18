import type { Level } from '../types.ts'
import type { Step, Topology } from './topology.ts'

const log = (text: string, level?: Level): Step => (level ? { log: text, level } : { log: text })
const call = (service: string, op: string): Step => ({ call: service, op })
const maybe = (p: number, steps: Step[], otherwise?: Step[]): Step =>
  otherwise ? { maybe: p, steps, otherwise } : { maybe: p, steps }

/** A web shop of nine services: the system of the demo. */
export const shopTopology = (): Topology => ({
  name: 'shop',
  idStyle: 'hex32',
  services: [
    {
      name: 'gateway',
      layout: 'json',
      pods: 2,
      periodic: [{ log: 'open connections {count}, queue {depth}', everyMs: 15_000 }],
      operations: {
        checkout: [
          log('POST /api/checkout from {client}'),
          call('auth', 'verify'),
          call('orders', 'place'),
          log('POST /api/checkout 201 in {ms} ms'),
        ],
        browse: [
          log('GET /api/products from {client}'),
          maybe(0.6, [call('auth', 'verify')]),
          call('catalog', 'list'),
          log('GET /api/products 200 in {ms} ms'),
        ],
        status: [
          log('GET /api/orders/{order} from {client}'),
          call('auth', 'verify'),
          call('orders', 'show'),
          log('GET /api/orders/{order} 200 in {ms} ms'),
        ],
      },
    },
    {
      name: 'auth',
      layout: 'log4j',
      pods: 2,
      periodic: [{ log: 'Key set refreshed, {small} keys active', everyMs: 60_000 }],
      operations: {
        verify: [
          log('Verifying token for user {user}'),
          maybe(
            0.85,
            [log('Session cache hit for {user}')],
            [
              log('Session cache miss for {user}'),
              call('database', 'read'),
              log('Session of {user} stored for {seconds} s'),
            ],
          ),
          maybe(0.01, [log('Token of {user} close to expiry, issuing a new one')]),
          log('User {user} authorised with role {role}'),
        ],
      },
    },
    {
      name: 'orders',
      layout: 'log4j',
      pods: 2,
      periodic: [{ log: 'Outbox drained, {count} messages sent', everyMs: 30_000 }],
      operations: {
        place: [
          log('Creating order {order} for {user}'),
          { repeat: [1, 4], steps: [call('inventory', 'reserve')] },
          call('payments', 'charge'),
          { together: [[call('database', 'write')], [call('mail', 'send')]] },
          maybe(0.05, [log('Order {order} qualifies for express delivery')]),
          log('Order {order} placed, total {amount} EUR'),
        ],
        show: [
          log('Loading order {order}'),
          maybe(0.7, [call('cache', 'get')], [call('database', 'read')]),
          maybe(0.002, [log('Order {order} has an archived revision', 'warn')]),
          log('Order {order} has status {status}'),
        ],
      },
    },
    {
      name: 'payments',
      layout: 'logfmt',
      pods: 1,
      periodic: [{ log: 'settlement batch pending={count}', everyMs: 45_000 }],
      operations: {
        charge: [
          log('authorising payment of {amount} EUR for order {order}'),
          maybe(0.08, [log('3-D Secure challenge requested'), log('3-D Secure challenge passed')]),
          maybe(0.015, [
            log('card issuer asked to retry', 'warn'),
            log('authorising payment of {amount} EUR for order {order}'),
          ]),
          log('payment {payment} captured in {ms} ms'),
        ],
      },
    },
    {
      name: 'inventory',
      layout: 'json',
      pods: 2,
      periodic: [{ log: 'stock snapshot written, {count} articles', everyMs: 60_000 }],
      operations: {
        reserve: [
          log('Reserving {small} of article {article}'),
          maybe(0.9, [call('cache', 'get')], [call('database', 'read'), call('cache', 'put')]),
          maybe(0.03, [log('Article {article} low in stock, {small} left', 'warn')]),
          log('Reserved article {article} in warehouse {place}'),
        ],
        recount: [
          log('Recount of warehouse {place} started'),
          { repeat: [2, 5], steps: [log('Shelf {small} counted, {count} pieces')] },
          log('Recount of warehouse {place} finished in {ms} ms'),
        ],
      },
    },
    {
      name: 'catalog',
      layout: 'logfmt',
      pods: 1,
      periodic: [{ log: 'index age {seconds} s', everyMs: 20_000 }],
      operations: {
        list: [
          log('query category={category} page={small}'),
          maybe(0.8, [call('cache', 'get')], [call('database', 'read'), call('cache', 'put')]),
          log('query returned {count} products in {ms} ms'),
        ],
      },
    },
    {
      name: 'cache',
      layout: 'syslog',
      pods: 1,
      periodic: [{ log: 'memory {count} MB used, {small} evictions', everyMs: 10_000 }],
      operations: {
        get: [log('GET key={hex} hit')],
        put: [log('SET key={hex} ttl={seconds}')],
      },
    },
    {
      name: 'database',
      layout: 'syslog',
      pods: 2,
      periodic: [{ log: 'checkpoint complete: wrote {count} buffers in {ms} ms', everyMs: 30_000 }],
      operations: {
        read: [log('SELECT on {table} returned {small} rows in {ms} ms')],
        write: [
          log('BEGIN transaction'),
          { repeat: [1, 3], steps: [log('INSERT into {table}, {small} rows')] },
          maybe(0.01, [log('lock on {table} waited for {ms} ms', 'warn')]),
          log('COMMIT after {ms} ms'),
        ],
        vacuum: [log('vacuum of {table} started'), log('vacuum of {table} removed {count} rows')],
      },
    },
    {
      name: 'mail',
      layout: 'json',
      pods: 1,
      periodic: [{ log: 'mail queue length {small}', everyMs: 20_000 }],
      operations: {
        send: [
          log('Rendering template {mail} for {user}'),
          log('Handed over to relay {client}, message {hex}'),
        ],
      },
    },
  ],
  flows: [
    { service: 'gateway', op: 'browse', weight: 6 },
    { service: 'gateway', op: 'status', weight: 3 },
    { service: 'gateway', op: 'checkout', weight: 2 },
  ],
  jobs: [
    { service: 'inventory', op: 'recount', everyMs: 40_000 },
    { service: 'database', op: 'vacuum', everyMs: 70_000 },
  ],
  slots: {
    client: { kind: 'address' },
    user: { kind: 'entity', prefix: 'u', digits: 4 },
    order: { kind: 'entity', prefix: 'ord-', digits: 6 },
    payment: { kind: 'entity', prefix: 'pay_', digits: 8 },
    article: { kind: 'entity', prefix: 'A', digits: 4 },
    amount: { kind: 'number', median: 60, spread: 0.7 },
    ms: { kind: 'number', median: 25, spread: 0.6 },
    seconds: { kind: 'number', median: 600, spread: 0.3 },
    count: { kind: 'number', median: 200, spread: 0.4 },
    depth: { kind: 'number', median: 8, spread: 0.5 },
    small: { kind: 'number', median: 3, spread: 0.4 },
    hex: { kind: 'hex', length: 12 },
    role: { kind: 'word', of: ['customer', 'guest', 'staff'] },
    status: { kind: 'word', of: ['paid', 'packed', 'shipped', 'delivered'] },
    place: { kind: 'word', of: ['north', 'south', 'harbour'] },
    category: { kind: 'word', of: ['books', 'garden', 'tools', 'toys', 'music'] },
    table: { kind: 'word', of: ['orders', 'users', 'articles', 'sessions'] },
    mail: { kind: 'path', of: ['/mail/confirm.html', '/mail/thanks.html'] },
  },
})
