import { LogbertError } from '../errors.ts'
import type { LogbertConfig } from '../logbert/config.ts'
import type { TrainState } from './stepper.ts'

/** Training after a whole epoch: all that continues it as if it had never stopped. */
export interface Checkpoint {
  seed: number
  config: LogbertConfig
  /** Fingerprint of the training set. */
  data: string
  /** Epochs done. */
  epoch: number
  centre: Float32Array
  state: TrainState
  best: { weights: Record<string, Float32Array>; centre: Float32Array; loss: number; epoch: number }
}

/**
 * Where trainings leave their state. One learning trains several networks; each has a number, from 1,
 * the first being the one that is kept.
 */
export interface CheckpointStore {
  /** What this network may go on from; undefined where there is nothing. */
  load(network: number): Promise<Checkpoint | undefined>
  /** Replaces what was there. A fault in it is its own affair: training goes on. */
  save(network: number, checkpoint: Checkpoint): Promise<void>
}

const MAGIC = 'LBCP'
const VERSION = 1

/** Every array of a checkpoint with a name, in an order of its own. */
const arraysOf = ({ centre, state, best }: Checkpoint): [string, Float32Array][] => [
  ['centre', centre],
  ['best.centre', best.centre],
  ...group('weights', state.weights),
  ...group('mean', state.adamw.mean),
  ...group('square', state.adamw.square),
  ...group('best', best.weights),
]

const group = (
  name: string,
  arrays: Readonly<Record<string, Float32Array>>,
): [string, Float32Array][] => Object.entries(arrays).map(([key, data]) => [`${name}/${key}`, data])

/**
 * Writes a checkpoint: 'LBCP', the length of a JSON header (uint32), the header, then all arrays
 * one after the other as little-endian float32.
 */
export const writeCheckpoint = (checkpoint: Checkpoint): Uint8Array => {
  const { seed, config, data, epoch, state, best } = checkpoint
  const arrays = arraysOf(checkpoint)
  const header = new TextEncoder().encode(
    JSON.stringify({
      version: VERSION,
      ...{ seed, config, data, epoch, count: state.adamw.count },
      best: { loss: best.loss, epoch: best.epoch },
      arrays: arrays.map(([name, { length }]) => [name, length]),
    }),
  )
  const floats = arrays.reduce((sum, [, { length }]) => sum + length, 0)
  const out = new Uint8Array(8 + header.length + 4 * floats)
  const view = new DataView(out.buffer)
  out.set(new TextEncoder().encode(MAGIC))
  view.setUint32(4, header.length, true)
  out.set(header, 8)
  let at = 8 + header.length
  for (const [, values] of arrays) {
    for (const value of values) {
      view.setFloat32(at, value, true)
      at += 4
    }
  }
  return out
}

interface Header extends Pick<Checkpoint, 'seed' | 'config' | 'data' | 'epoch'> {
  version: number
  count: number
  best: Pick<Checkpoint['best'], 'loss' | 'epoch'>
  arrays: [string, number][]
}

/** @throws LogbertError BAD_BUNDLE for another version and for truncated or foreign content */
export const readCheckpoint = (bytes: Uint8Array): Checkpoint => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { header, start } = readHeader(bytes, view)
  const wanted = start + 4 * header.arrays.reduce((sum, [, length]) => sum + length, 0)
  if (bytes.length !== wanted) {
    throw unreadable(`it holds ${bytes.length} bytes instead of ${wanted}`)
  }
  const groups = new Map<string, Record<string, Float32Array>>()
  let at = start
  for (const [name, length] of header.arrays) {
    const values = Float32Array.from({ length }, (_, i) => view.getFloat32(at + 4 * i, true))
    at += 4 * length
    const [place, key = ''] = name.split(/\/(.*)/)
    groups.set(place!, { ...groups.get(place!), [key]: values })
  }
  const all = (name: string) => groups.get(name) ?? {}
  const one = (name: string) => all(name)[''] ?? new Float32Array(0)
  const { seed, config, data, epoch, count, best } = header
  const adamw = { count, mean: all('mean'), square: all('square') }
  return {
    ...{ seed, config, data, epoch },
    centre: one('centre'),
    state: { weights: all('weights'), adamw },
    best: { ...best, weights: all('best'), centre: one('best.centre') },
  }
}

const readHeader = (bytes: Uint8Array, view: DataView): { header: Header; start: number } => {
  const decoder = new TextDecoder()
  if (bytes.length < 8 || decoder.decode(bytes.subarray(0, 4)) !== MAGIC) {
    throw unreadable('it is no checkpoint')
  }
  const start = 8 + view.getUint32(4, true)
  let header: Partial<Header>
  try {
    header = JSON.parse(decoder.decode(bytes.subarray(8, start))) as Partial<Header>
  } catch (cause) {
    throw unreadable('its header is damaged', cause)
  }
  if (header.version !== VERSION || !Array.isArray(header.arrays)) {
    throw unreadable(`it is of version ${header.version}, this program reads ${VERSION}`)
  }
  return { header: header as Header, start }
}

const unreadable = (why: string, cause?: unknown): LogbertError =>
  new LogbertError(
    'BAD_BUNDLE',
    `reading the training checkpoint failed: ${why}; train from the start`,
    { cause },
  )
