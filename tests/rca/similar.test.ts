import { expect, test } from 'bun:test'
import { type Signature, signatureOf, type Telling } from '../../src/core/rca/signature.ts'
import { liken } from '../../src/core/rca/similar.ts'
import type { RcaSign } from '../../src/core/rca/types.ts'

const sign = (kind: RcaSign['kind'], service: string, template: string, weight = 1): RcaSign => ({
  ...{ kind, service, template, weight },
})
const suspect = (name: string, score = 2) => ({ name, score })
const signature = (report: Telling): Signature => signatureOf(report)!

const poolEmpty: Telling = {
  signs: [
    sign('error', 'orders', 'connection pool of db-7 exhausted after 31 waits', 0.6),
    sign('slow', 'orders', 'order <*> stored', 0.3),
    sign('error', 'front', 'request failed', 0.1),
  ],
  suspects: [suspect('orders', 3), suspect('front', 1)],
}
/** The same trouble with other values in it, seen at more places. */
const poolAgain: Telling = {
  signs: [
    sign('error', 'orders', 'connection pool of db-9 exhausted after 8 waits', 0.5),
    sign('error', 'front', 'request failed', 0.3),
    sign('error', 'stock', 'request failed', 0.2),
  ],
  suspects: [suspect('orders', 4), suspect('stock', 2)],
}
const diskFull: Telling = {
  signs: [
    sign('error', 'index', 'no space left on device', 0.8),
    sign('error', 'front', 'request failed', 0.2),
  ],
  suspects: [suspect('index', 5)],
}
const queueStuck: Telling = {
  signs: [sign('missing', 'mailer', 'mail <*> sent'), sign('silence', 'mailer', 'mail <*> taken')],
  suspects: [suspect('mailer', 2)],
}

test('of past reports the one that tells of the same trouble is the most alike, whatever the values in it', () => {
  const past = [diskFull, poolEmpty, queueStuck].map((report, i) => ({
    ...{ id: i, signature: signature(report) },
  }))
  const found = liken(signature(poolAgain), past)
  expect(found.map(each => each.past.id)).toEqual([1])
  expect(found[0]!.similarity).toBeGreaterThan(0.5)
  expect(found[0]!.similarity).toBeLessThan(1)
  const same = liken(signature(queueStuck), past, { least: 0 })
  expect(same[0]).toMatchObject({ similarity: 1, past: { id: 2 } })
  expect(same.map(({ similarity }) => similarity)).toEqual([1, 0, 0])
  expect(liken(signature(queueStuck), past, { least: 0, most: 2 })).toHaveLength(2)
})

test('what many reports have in common counts less than what few have', () => {
  const common = sign('error', 'front', 'request failed')
  const noise = Array.from({ length: 20 }, (_, i) => ({
    id: `noise ${i}`,
    signature: signature({
      signs: [common, sign('new', `s${i}`, `only here ${'abcdefgh'[i % 8]}${i}`)],
    }),
  }))
  const rare = sign('new', 'ledger', 'balance differs by <*>')
  const past = [
    ...noise,
    { id: 'rare', signature: signature({ signs: [rare, sign('rise', 'ledger', 'retrying')] }) },
  ]
  const [first, second] = liken(signature({ signs: [common, rare] }), past, { least: 0 })
  expect(first!.past.id).toBe('rare')
  expect(first!.similarity).toBeGreaterThan(1.5 * second!.similarity)
})

test('a step that did not come is another sign than the same step coming', () => {
  const came = signature({ signs: [sign('rise', 'mailer', 'mail sent')] })
  const missing = signature({ signs: [sign('missing', 'mailer', 'mail sent')] })
  const [only] = liken(came, [{ signature: missing }], { least: 0 })
  // The words are the same, and that is all.
  expect(only!.similarity).toBeLessThan(0.5)
})

test('a report that was told from anomalies alone is likened by the lines that it cites, whichever instance wrote them', () => {
  const by = (instance: string): Signature =>
    signature({
      lines: [{ service: instance, template: 'checksum of page <*> is wrong' }],
      suspects: [suspect(instance)],
    })
  const [found] = liken(by('db-1'), [{ signature: by('db-2') }])
  expect(found!.similarity).toBe(1)
  expect(signatureOf({ signs: [], suspects: [], missing: [], lines: [] })).toBeUndefined()
})

test('signatures stay small and likening is quick, however much a report tells of', () => {
  const huge = (seed: number): Telling => ({
    signs: Array.from({ length: 2000 }, (_, i) =>
      sign('new', `service ${i % 50}`, `word${'x'.repeat(i % 40)} ${'long '.repeat(200)} ${seed}`),
    ),
    suspects: Array.from({ length: 500 }, (_, i) => suspect(`s${i}`)),
  })
  const one = signature(huge(0))
  expect(JSON.stringify(one).length).toBeLessThan(50_000)
  for (const part of ['templates', 'words', 'suspects', 'kinds'] as const) {
    expect(one[part].reduce((sum, [, share]) => sum + share, 0)).toBeCloseTo(1, 1)
  }
  const past = Array.from({ length: 500 }, () => ({ signature: one }))
  const begun = performance.now()
  expect(liken(one, past)).toHaveLength(5)
  expect(performance.now() - begun).toBeLessThan(1000)
})
