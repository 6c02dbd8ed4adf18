import type { Attributes, DType, GraphModel, GraphNode, Initializer, Value } from './graph.ts'
import { FLOAT_ATTRIBUTES } from './graph.ts'
import { createWireWriter, type WireWriter } from './wire.ts'

/** Operator set 18 with IR version 8 (onnx 1.13): read by every runtime of the last years. */
export const OPSET = 18
const IR_VERSION = 8

/** TensorProto.DataType of onnx.proto3. */
export const DTYPE_CODES: Readonly<Record<DType, number>> = {
  float32: 1,
  int32: 6,
  int64: 7,
  bool: 9,
}

/** AttributeProto.AttributeType. */
export const ATTRIBUTE_TYPES = { float: 1, int: 2, string: 3, ints: 7 } as const

const writeAttribute = (w: WireWriter, name: string, value: Attributes[string]): void => {
  w.text(1, name)
  if (typeof value === 'string') {
    w.bytes(4, new TextEncoder().encode(value))
    w.int(20, ATTRIBUTE_TYPES.string)
  } else if (typeof value !== 'number') {
    for (const item of value) w.int(8, item)
    w.int(20, ATTRIBUTE_TYPES.ints)
  } else if (FLOAT_ATTRIBUTES.has(name)) {
    w.float(2, value)
    w.int(20, ATTRIBUTE_TYPES.float)
  } else {
    w.int(3, value)
    w.int(20, ATTRIBUTE_TYPES.int)
  }
}

const writeNode = (w: WireWriter, node: GraphNode, index: number): void => {
  for (const input of node.inputs) w.text(1, input)
  for (const output of node.outputs) w.text(2, output)
  w.text(3, `${node.op}_${index}`)
  w.text(4, node.op)
  for (const [name, value] of Object.entries(node.attributes)) {
    w.message(5, inner => writeAttribute(inner, name, value))
  }
}

const writeInitializer = (w: WireWriter, { name, dtype, shape, data }: Initializer): void => {
  for (const dim of shape) w.int(1, dim)
  w.int(2, DTYPE_CODES[dtype])
  w.text(8, name)
  w.bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
}

const writeValue = (w: WireWriter, { name, dtype, shape }: Value): void => {
  w.text(1, name)
  const dims = (s: WireWriter) => {
    for (const dim of shape) {
      s.message(1, d => (typeof dim === 'number' ? d.int(1, dim) : d.text(2, dim)))
    }
  }
  w.message(2, type =>
    type.message(1, tensor => {
      tensor.int(1, DTYPE_CODES[dtype])
      tensor.message(2, dims)
    }),
  )
}

/**
 * Writes a graph as an ONNX ModelProto (opset 18, little-endian raw data), as
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3 lays it out.
 */
export const writeModel = (
  graph: GraphModel,
  metadata: Record<string, string> = {},
): Uint8Array => {
  const w = createWireWriter()
  w.int(1, IR_VERSION)
  w.text(2, 'logbert-edge')
  w.message(7, g => {
    graph.nodes.forEach((node, index) => {
      g.message(1, inner => writeNode(inner, node, index))
    })
    g.text(2, graph.name)
    for (const item of graph.initializers) g.message(5, inner => writeInitializer(inner, item))
    for (const input of graph.inputs) g.message(11, inner => writeValue(inner, input))
    for (const output of graph.outputs) g.message(12, inner => writeValue(inner, output))
  })
  w.message(8, set => {
    set.text(1, '')
    set.int(2, OPSET)
  })
  for (const [key, value] of Object.entries(metadata)) {
    w.message(14, entry => {
      entry.text(1, key)
      entry.text(2, value)
    })
  }
  return w.finish()
}
