import type { Dim, Shape } from './dims.ts'

/** Element types of the vocabulary. In float64 proofs `float32` values are computed in float64. */
export type DType = 'float32' | 'int64' | 'int32' | 'bool'

export type TensorData = Float32Array | Float64Array | BigInt64Array | Int32Array | Uint8Array

/** A tensor in host memory. `data` is row major, its length the product of `shape`. */
export interface Tensor {
  readonly dtype: DType
  readonly shape: readonly number[]
  /**
   * Float32Array (float32), BigInt64Array (int64), Int32Array (int32), Uint8Array (bool). The
   * reference executor in float64 takes and gives Float64Array for float32.
   */
  readonly data: TensorData
}

/** An edge of a graph: what a node gives or takes. */
export interface Value {
  readonly name: string
  readonly dtype: DType
  readonly shape: Shape
  /** What an int64 constant or a Shape node holds, for shape rules (axes, target shapes …). */
  readonly content?: Shape
}

/** Numbers are ONNX INT, unless the name is one of FLOAT_ATTRIBUTES. */
export type Attributes = Readonly<Record<string, number | readonly number[] | string>>

export const FLOAT_ATTRIBUTES: ReadonlySet<string> = new Set(['epsilon', 'alpha', 'beta'])

/** A node as it is stored: names only. An input named '' is an optional one left out. */
export interface GraphNode {
  op: string
  inputs: readonly string[]
  outputs: readonly string[]
  attributes: Attributes
}

export interface Initializer extends Tensor {
  readonly name: string
}

/** A whole graph in topological order, ready to be written as an ONNX model. */
export interface GraphModel {
  name: string
  inputs: readonly Value[]
  outputs: readonly Value[]
  initializers: readonly Initializer[]
  nodes: readonly GraphNode[]
}

export const elements = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

/** Makes a float32 tensor; a plain array is copied. */
export const float32 = (data: Float32Array | readonly number[], shape: readonly number[]): Tensor =>
  checked({
    dtype: 'float32',
    shape,
    data: data instanceof Float32Array ? data : Float32Array.from(data),
  })

/** Makes an int64 tensor (ids, axes, positions) from whole numbers. */
export const int64 = (data: BigInt64Array | readonly number[], shape: readonly number[]): Tensor =>
  checked({
    dtype: 'int64',
    shape,
    data: data instanceof BigInt64Array ? data : BigInt64Array.from(data, BigInt),
  })

/** Makes an int32 tensor; ids in int32 are the cheapest to fill and run on every backend. */
export const int32 = (data: Int32Array | readonly number[], shape: readonly number[]): Tensor =>
  checked({
    dtype: 'int32',
    shape,
    data: data instanceof Int32Array ? data : Int32Array.from(data),
  })

/** Makes a bool tensor; every non-zero number is true. */
export const bool = (
  data: Uint8Array | readonly number[] | readonly boolean[],
  shape: readonly number[],
): Tensor =>
  checked({
    dtype: 'bool',
    shape,
    data: data instanceof Uint8Array ? data : Uint8Array.from(data.map(Number)),
  })

const checked = (tensor: Tensor): Tensor => {
  if (tensor.data.length !== elements(tensor.shape)) {
    throw new RangeError(
      `tensor of shape [${tensor.shape}] needs ${elements(tensor.shape)} elements, ` +
        `got ${tensor.data.length}: pass data that fits the shape`,
    )
  }
  return tensor
}

/** Numbers of a small tensor, int64 included. */
export const numbersOf = ({ data }: Tensor): number[] =>
  data instanceof BigInt64Array ? Array.from(data, Number) : Array.from(data)

/** Float data of an output; a TypeError where the tensor holds something else. */
export const floatsOf = (tensor: Tensor): Float32Array => {
  if (tensor.data instanceof Float32Array) return tensor.data
  throw new TypeError(`a float32 tensor was wanted, got ${tensor.dtype}: check the output's name`)
}

export { showShape } from './dims.ts'
export type { Dim, Shape }
