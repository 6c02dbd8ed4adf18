import { type BusMessage, TOPICS } from '../bus/bus.ts'
import { createEmbeddedBus } from '../bus/embedded.ts'
import { type Format, learnInput } from '../cli/learn-input.ts'
import type { LineStats } from '../core/input/line-splitter.ts'
import type { LearnInput, LearnProgress } from '../core/pipeline/engine.ts'
import type { LogLine } from '../core/types.ts'
import { mergeByArrival } from './merge-by-arrival.ts'

/** Where a training process finds its lines. */
export type TrainPlace =
  | { path: string; arrived: number; maxLine?: number }
  /** [from, to) by arrival, epoch ms. */
  | { bus: string; from: number; to: number }

interface Reading {
  stats: LineStats
  tell?: (progress: LearnProgress) => void
}

/** An input that may be opened any number of times. */
export const openTrainInput = async (
  place: TrainPlace,
  format: Format,
  { stats, tell = () => undefined }: Reading,
): Promise<LearnInput> => {
  if ('bus' in place) return { format: 'lines', open: () => busLines(place) }
  const { path, ...options } = place
  const progress = { update: tell, end: () => undefined }
  return learnInput([path], format, { stats, progress, ...options })
}

/** How many lines or sessions an input has. */
export const countOf = async (input: LearnInput): Promise<number> => {
  let count = 0
  for await (const batch of input.open()) count += batch.length
  return count
}

/** The lines or sessions from `from` (the first is 0) to before `to`; lines get their positions, from 1. */
export const partOf = (input: LearnInput, from: number, to: number): LearnInput =>
  input.format === 'events'
    ? { format: 'events', open: () => slice(input.open(), from, to) }
    : {
        format: 'lines',
        async *open() {
          let position = from
          for await (const lines of slice(input.open(), from, to)) {
            for (const line of lines) line.position = ++position
            yield lines
          }
        },
      }

async function* slice<T>(
  batches: AsyncIterable<T[]>,
  from: number,
  to: number,
): AsyncGenerator<T[]> {
  let at = 0
  for await (const batch of batches) {
    if (at >= to) return
    const part = batch.slice(Math.max(0, from - at), to - at)
    at += batch.length
    if (part.length > 0) yield part
  }
}

async function* busLines({
  bus: file,
  from,
  to,
}: {
  bus: string
  from: number
  to: number
}): AsyncGenerator<LogLine[]> {
  const bus = createEmbeddedBus({ file })
  try {
    const partitions = (await bus.lag(TOPICS.input, 'training')).map(({ partition }) => partition)
    const streams = partitions.map(partition =>
      bus.read(TOPICS.input, { partition, since: from, until: to }),
    )
    for await (const messages of mergeByArrival(streams)) yield messages.map(lineOf)
  } finally {
    await bus.close()
  }
}

const lineOf = ({ text, source, arrived }: BusMessage): LogLine => ({ text, source, arrived })
