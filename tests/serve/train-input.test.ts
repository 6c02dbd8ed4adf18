import { expect, test } from 'bun:test'
import type { BusBatch } from '../../src/bus/bus.ts'
import type { LogLine } from '../../src/core/types.ts'
import { mergeByArrival } from '../../src/serve/merge-by-arrival.ts'
import { countOf, partOf } from '../../src/serve/train-input.ts'

async function* partition(number: number, ...batches: number[][]): AsyncGenerator<BusBatch> {
  let offset = 0
  for (const times of batches) {
    const messages = times.map(arrived => ({
      ...{ text: `${number}:${arrived}`, source: 's', arrived, offset: offset++ },
    }))
    yield { partition: number, messages, next: offset }
  }
}

test('partitions are read as one log, oldest first, each in its own order', async () => {
  const streams = [
    partition(0, [1, 4], [3, 9]),
    partition(1, [2], [5, 6, 7]),
    partition(2),
    partition(3, [8]),
  ]
  const texts = (await Array.fromAsync(mergeByArrival(streams))).flat().map(({ text }) => text)
  // 3 came after 4 in its partition, and stays there.
  expect(texts).toEqual(['0:1', '1:2', '0:4', '0:3', '1:5', '1:6', '1:7', '3:8', '0:9'])
})

test('a part of an input has its lines, numbered as in the whole', async () => {
  const line = (text: string): LogLine => ({ text, source: 's', arrived: 0 })
  const input = {
    format: 'lines' as const,
    async *open() {
      yield ['a', 'b', 'c'].map(line)
      yield ['d'].map(line)
      yield ['e', 'f', 'g'].map(line)
    },
  }
  expect(await countOf(input)).toBe(7)
  const read = async (from: number, to: number) => {
    const part = partOf(input, from, to)
    const lines: LogLine[] = []
    if (part.format === 'lines') for await (const batch of part.open()) lines.push(...batch)
    return lines.map(({ text, position }) => `${text}${position}`).join(' ')
  }
  expect(await read(0, 7)).toBe('a1 b2 c3 d4 e5 f6 g7')
  expect(await read(2, 5)).toBe('c3 d4 e5')
  expect(await read(3, 4)).toBe('d4')
  expect(await read(6, 100)).toBe('g7')
  expect(await read(7, 9)).toBe('')
})
