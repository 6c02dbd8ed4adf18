import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { databases } from './folder.ts'

const { open, path } = databases()

const start = (file: string, ...args: string[]) =>
  Bun.spawn([process.execPath, join(import.meta.dir, 'kill-main.ts'), file, ...args], {
    stdout: 'pipe',
    stderr: 'inherit',
  })

/** Reads what a process prints until a line tells enough, kills it rudely, and gives all lines. */
const killAfter = async (
  child: ReturnType<typeof start>,
  enough: (line: Record<string, number>) => boolean,
): Promise<Record<string, number>[]> => {
  const lines: Record<string, number>[] = []
  let rest = ''
  const decoder = new TextDecoder()
  for await (const chunk of child.stdout) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = parts.pop()!
    lines.push(...parts.map(part => JSON.parse(part)))
    if (lines.some(enough)) child.kill('SIGKILL')
  }
  await child.exited
  return lines
}

test('a process killed in the middle of a transaction leaves the state before it', async () => {
  const file = path()
  const before = open(file)
  before.pipeline.saveCheckpoint({
    next: { 0: 3 },
    model: { name: 'a', version: 'b' },
    state: new Uint8Array([1, 2, 3]),
    created: 1,
  })
  const lines = await killAfter(start(file, 'half'), line => line.half !== undefined)
  expect(lines).toEqual([{ half: 3 }])
  for (const db of [before, open(file)]) {
    expect(db.anomalies.count({})).toBe(0)
    expect(db.pipeline.checkpoint()!.next).toEqual({ 0: 3 })
    expect(db.transaction(() => db.events.add({ type: 'train', data: '{}' }))).toBeGreaterThan(0)
  }
}, 20_000)

test('a process killed at any moment has stored all it called safe, and no half of more', async () => {
  const file = path()
  let safe = 0
  for (const more of [3, 11, 27, 40]) {
    const goal = safe + more
    const lines = await killAfter(start(file), line => line.safe! >= goal)
    const said = lines.at(-1)!.safe!
    const db = open(file)
    const stored = db.pipeline.checkpoint()!
    safe = stored.next[0]!
    expect(safe - said === 0 || safe - said === 1).toBe(true)
    expect(stored.state).toEqual(new Uint8Array(100_000).fill(safe % 256))
    expect(db.anomalies.count({})).toBe(safe * 40)
    expect([...db.anomalies.each({})].flat().length).toBe(safe * 40)
    expect(db.events.range()).toEqual({ first: 1, last: safe })
    db.close()
  }
}, 60_000)
