import { LogbertError } from '../errors.ts'

/** Wire types of the protobuf encoding that ONNX uses. */
type WireType = 0 | 1 | 2 | 5

/** Writes protobuf fields (https://protobuf.dev/programming-guides/encoding/) into a byte array. */
export interface WireWriter {
  int(field: number, value: number): void
  float(field: number, value: number): void
  bytes(field: number, value: Uint8Array): void
  text(field: number, value: string): void
  packedInts(field: number, values: readonly number[]): void
  message(field: number, write: (inner: WireWriter) => void): void
  finish(): Uint8Array
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

const varint = (value: number): number[] => {
  if (!Number.isSafeInteger(value)) {
    throw new RangeError(`cannot write ${value} as an integer field: pass a safe integer`)
  }
  let rest = BigInt.asUintN(64, BigInt(value))
  const out: number[] = []
  while (rest > 127n) {
    out.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  out.push(Number(rest))
  return out
}

export const createWireWriter = (): WireWriter => {
  const parts: Uint8Array[] = []
  const push = (part: Uint8Array | readonly number[]) => {
    parts.push(part instanceof Uint8Array ? part : Uint8Array.from(part))
  }
  const tag = (field: number, type: WireType) => push(varint(field * 8 + type))
  const bytes = (field: number, value: Uint8Array) => {
    tag(field, 2)
    push(varint(value.length))
    push(value)
  }
  const finish = () => {
    const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
    let at = 0
    for (const part of parts) {
      out.set(part, at)
      at += part.length
    }
    return out
  }
  return {
    int(field, value) {
      tag(field, 0)
      push(varint(value))
    },
    float(field, value) {
      tag(field, 5)
      const view = new DataView(new ArrayBuffer(4))
      view.setFloat32(0, value, true)
      push(new Uint8Array(view.buffer))
    },
    bytes,
    text: (field, value) => bytes(field, encoder.encode(value)),
    packedInts: (field, values) => bytes(field, Uint8Array.from(values.flatMap(varint))),
    message(field, write) {
      const inner = createWireWriter()
      write(inner)
      bytes(field, inner.finish())
    },
    finish,
  }
}

/** A field as read: integers and floats as `number`, everything length-delimited as `bytes`. */
export interface WireField {
  field: number
  number: number
  bytes: Uint8Array
}

const EMPTY = new Uint8Array(0)

const broken = (what: string, at: number): never => {
  throw new LogbertError(
    'BAD_GRAPH',
    `cannot read the model: ${what} at byte ${at}: the file is truncated or is not ONNX`,
  )
}

/** Reads the fields of one protobuf message in order; every length is checked against the data. */
export function* readFields(data: Uint8Array): Generator<WireField> {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  let at = 0
  const readVarint = (): number => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = data[at++] ?? broken('an integer has no end', at)
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return Number(BigInt.asIntN(64, value))
    }
    return broken('an integer is longer than 64 bits', at)
  }
  const skip = (length: number): number => {
    const start = at
    if (length < 0 || start + length > data.length) broken(`a field of ${length} bytes`, start)
    at += length
    return start
  }
  while (at < data.length) {
    const tag = readVarint()
    const field = Math.floor(tag / 8)
    const type = tag % 8
    if (type === 0) yield { field, number: readVarint(), bytes: EMPTY }
    else if (type === 1) yield { field, number: view.getFloat64(skip(8), true), bytes: EMPTY }
    else if (type === 5) yield { field, number: view.getFloat32(skip(4), true), bytes: EMPTY }
    else if (type === 2) {
      const length = readVarint()
      const start = skip(length)
      yield { field, number: 0, bytes: data.subarray(start, at) }
    } else broken(`wire type ${type}`, at)
  }
}

export const readText = (bytes: Uint8Array): string => decoder.decode(bytes)

/** Integers of a repeated field, packed or single. */
export const readInts = ({ number, bytes }: WireField): number[] => {
  if (bytes === EMPTY) return [number]
  const out: number[] = []
  let value = 0n
  let shift = 0n
  for (const byte of bytes) {
    value |= BigInt(byte & 127) << shift
    shift += 7n
    if (byte > 127) continue
    out.push(Number(BigInt.asIntN(64, value)))
    value = 0n
    shift = 0n
  }
  return out
}
