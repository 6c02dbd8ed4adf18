import { LogbertError } from '../errors.ts'
import type {
  Attributes,
  Dim,
  DType,
  GraphModel,
  GraphNode,
  Initializer,
  TensorData,
  Value,
} from './graph.ts'
import { elements } from './graph.ts'
import { ATTRIBUTE_TYPES, DTYPE_CODES } from './proto.ts'
import { readFields, readInts, readText } from './wire.ts'

const dtypeOf = (code: number): DType => {
  const found = (Object.keys(DTYPE_CODES) as DType[]).find(dtype => DTYPE_CODES[dtype] === code)
  if (found !== undefined) return found
  throw new LogbertError(
    'BAD_GRAPH',
    `the model holds element type ${code}: only float32 (1), int32 (6), int64 (7), bool (9) are read`,
  )
}

const readAttribute = (data: Uint8Array): [string, Attributes[string]] => {
  let name = ''
  let type = 0
  let single: number | string = 0
  const ints: number[] = []
  for (const item of readFields(data)) {
    if (item.field === 1) name = readText(item.bytes)
    else if (item.field === 2 || item.field === 3) single = item.number
    else if (item.field === 4) single = readText(item.bytes)
    else if (item.field === 8) ints.push(...readInts(item))
    else if (item.field === 20) type = item.number
  }
  if (!(Object.values(ATTRIBUTE_TYPES) as number[]).includes(type)) {
    throw new LogbertError(
      'BAD_GRAPH',
      `attribute '${name}' has type ${type}: only float, int, string and ints are read`,
    )
  }
  return [name, type === ATTRIBUTE_TYPES.ints ? ints : single]
}

const readNode = (data: Uint8Array): GraphNode => {
  const inputs: string[] = []
  const outputs: string[] = []
  const attributes: Record<string, Attributes[string]> = {}
  let op = ''
  for (const { field, bytes } of readFields(data)) {
    if (field === 1) inputs.push(readText(bytes))
    else if (field === 2) outputs.push(readText(bytes))
    else if (field === 4) op = readText(bytes)
    else if (field === 5) {
      const [name, value] = readAttribute(bytes)
      attributes[name] = value
    }
  }
  return { op, inputs, outputs, attributes }
}

const BYTES_PER_ELEMENT: Readonly<Record<DType, number>> = {
  float32: 4,
  int32: 4,
  int64: 8,
  bool: 1,
}

const typedData = (dtype: DType, raw: Uint8Array): TensorData => {
  const { buffer } = raw.slice()
  if (dtype === 'float32') return new Float32Array(buffer)
  if (dtype === 'int64') return new BigInt64Array(buffer)
  if (dtype === 'int32') return new Int32Array(buffer)
  return new Uint8Array(buffer)
}

const readInitializer = (data: Uint8Array): Initializer => {
  const shape: number[] = []
  let dtype: DType = 'float32'
  let name = ''
  let raw = new Uint8Array(0)
  for (const item of readFields(data)) {
    if (item.field === 1) shape.push(...readInts(item))
    else if (item.field === 2) dtype = dtypeOf(item.number)
    else if (item.field === 8) name = readText(item.bytes)
    else if (item.field === 9) raw = new Uint8Array(item.bytes)
  }
  const wanted = elements(shape) * BYTES_PER_ELEMENT[dtype]
  if (raw.length !== wanted) {
    throw new LogbertError(
      'BAD_GRAPH',
      `initializer '${name}' of shape [${shape}] holds ${raw.length} bytes instead of ${wanted}: ` +
        'write it as raw data',
    )
  }
  return { name, dtype, shape, data: typedData(dtype, raw) }
}

const readDim = (data: Uint8Array): Dim => {
  for (const { field, number, bytes } of readFields(data)) {
    if (field === 1) return number
    if (field === 2) return readText(bytes)
  }
  return '?'
}

const readValue = (data: Uint8Array): Value => {
  let name = ''
  let dtype: DType = 'float32'
  const shape: Dim[] = []
  for (const item of readFields(data)) {
    if (item.field === 1) name = readText(item.bytes)
    else if (item.field === 2) {
      for (const type of readFields(item.bytes)) {
        if (type.field !== 1) continue
        for (const part of readFields(type.bytes)) {
          if (part.field === 1) dtype = dtypeOf(part.number)
          else if (part.field === 2) {
            for (const dim of readFields(part.bytes)) shape.push(readDim(dim.bytes))
          }
        }
      }
    }
  }
  return { name, dtype, shape }
}

/** Reads back what `writeModel` writes. Throws BAD_GRAPH for truncated or foreign content. */
export const readModel = (model: Uint8Array): GraphModel & { metadata: Record<string, string> } => {
  const graph = {
    name: '',
    inputs: [] as Value[],
    outputs: [] as Value[],
    initializers: [] as Initializer[],
    nodes: [] as GraphNode[],
    metadata: {} as Record<string, string>,
  }
  let found = false
  for (const { field, bytes } of readFields(model)) {
    if (field === 14) {
      const entry = ['', '']
      for (const part of readFields(bytes)) entry[part.field - 1] = readText(part.bytes)
      graph.metadata[entry[0]!] = entry[1]!
    }
    if (field !== 7) continue
    found = true
    for (const part of readFields(bytes)) {
      if (part.field === 1) graph.nodes.push(readNode(part.bytes))
      else if (part.field === 2) graph.name = readText(part.bytes)
      else if (part.field === 5) graph.initializers.push(readInitializer(part.bytes))
      else if (part.field === 11) graph.inputs.push(readValue(part.bytes))
      else if (part.field === 12) graph.outputs.push(readValue(part.bytes))
    }
  }
  if (found) return graph
  throw new LogbertError('BAD_GRAPH', 'cannot read the model: it holds no graph: pass an ONNX file')
}
