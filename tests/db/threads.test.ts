import { expect, test } from 'bun:test'
import { databases, errorOf } from './folder.ts'
import { madeAnomaly, START } from './made.ts'
import { startThread } from './thread.ts'

const { open, path } = databases()

test('threads that write at once lose nothing and store what both found once', async () => {
  const file = path()
  const db = open(file)
  const threads = [startThread(), startThread()]
  await Promise.all(threads.map(thread => thread.ask({ do: 'open', file })))
  const [a, b] = await Promise.all([
    threads[0]!.ask({ do: 'add', from: 0, to: 1200, step: 7 }),
    threads[1]!.ask({ do: 'add', from: 800, to: 2000, step: 5 }),
  ])
  expect((a as { done: number }).done + (b as { done: number }).done).toBe(2000)
  expect(db.anomalies.count({})).toBe(2000)
  expect(db.events.range()).toEqual({ first: 1, last: 2000 })
  const told = db.events.after(0, 5000).map(({ data }) => JSON.parse(data).j as number)
  expect(told.toSorted((x, y) => x - y)).toEqual(Array.from({ length: 2000 }, (_, i) => i))
  for (const thread of threads) thread.stop()
}, 30_000)

test('pages are turned while another thread writes, each row once', async () => {
  const file = path()
  const db = open(file)
  db.transaction(() => {
    for (let i = 0; i < 500; i++) db.anomalies.add(madeAnomaly(i), { stored: i })
  })
  const thread = startThread()
  await thread.ask({ do: 'open', file })
  let writing = true
  const written = thread.ask({ do: 'add', from: 500, to: 1500, step: 20 })
  void written.then(() => {
    writing = false
  })
  let rounds = 0
  while (writing || rounds === 0) {
    const seen = [...db.anomalies.each({ to: START + 500_000 }, 100)].flat()
    expect(new Set(seen.map(({ id }) => id)).size).toBe(500)
    expect(seen.length).toBe(500)
    rounds++
    await new Promise(resolve => setTimeout(resolve))
  }
  expect(await written).toEqual({ done: 1000 })
  expect(db.anomalies.count({})).toBe(1500)
  thread.stop()
}, 30_000)

test('who waits too long to write is told, and has stored nothing', () => {
  const file = path()
  const db = open(file)
  const other = open(file, { busyMs: 20 })
  db.transaction(() => {
    const { code, message } = errorOf(() => other.anomalies.add(madeAnomaly(1), { stored: 1 }))
    expect(code).toBe('CONFLICT')
    expect(message).toContain('try again')
    // Readers never wait.
    expect(other.anomalies.count({})).toBe(0)
  })
  expect(other.anomalies.add(madeAnomaly(1), { stored: 1 })).toBe(true)
})
