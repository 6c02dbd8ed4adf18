import type { BusMessage } from '../bus/bus.ts'
import { type Format, learnInput } from '../cli/learn-input.ts'
import { filesWith } from '../cli/s3-files.ts'
import type { LineStats } from '../core/input/line-splitter.ts'
import type { LearnInput, LearnProgress } from '../core/pipeline/engine.ts'
import type { LogLine } from '../core/types.ts'
import type { S3Options } from '../s3/client.ts'
import { type LogObject, s3Logs } from '../s3/s3-logs.ts'
import { mergeByArrival } from './merge-by-arrival.ts'
import { type BusPlace, openBus } from './train-bus.ts'

/** Where a training process finds its lines. */
export type TrainPlace = { path: string; arrived: number; maxLine?: number } | S3Place | BusStretch

/** [from, to) by arrival, epoch ms. */
interface BusStretch {
  bus: BusPlace
  from: number
  to: number
  maxLine?: number
}

/** Objects on S3, by an address that may mean many. */
interface S3Place {
  address: string
  s3?: S3Options
  /** What it meant when training began: it is read as it was then, or not at all. */
  objects?: LogObject[]
  arrived: number
  maxLine?: number
}

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
  const { arrived, maxLine } = place
  const progress = { update: tell, end: () => undefined }
  const reading = { stats, progress, arrived, ...(maxLine !== undefined && { maxLine }) }
  if ('path' in place) return learnInput([place.path], format, reading)
  const { s3, objects = await s3Logs(s3).find(place.address) } = place
  const files = filesWith(objects, s3Logs(s3))
  const paths = objects.map(({ address }) => address)
  return learnInput(paths, format, { ...reading, files })
}

/** The objects of a place on S3 as they are now. @throws LogbertError when there are none */
export const objectsOf = async (place: TrainPlace): Promise<{ objects?: LogObject[] }> =>
  'address' in place ? { objects: await s3Logs(place.s3).find(place.address) } : {}

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

async function* busLines({ bus: place, from, to, maxLine }: BusStretch): AsyncGenerator<LogLine[]> {
  const { bus, topic } = await openBus(place, maxLine)
  try {
    const partitions = (await bus.lag(topic, 'training')).map(({ partition }) => partition)
    const streams = partitions.map(partition =>
      bus.read(topic, { partition, since: from, until: to }),
    )
    for await (const messages of mergeByArrival(streams)) yield messages.map(lineOf)
  } finally {
    await bus.close()
  }
}

const lineOf = ({ text, source, arrived }: BusMessage): LogLine => ({ text, source, arrived })
