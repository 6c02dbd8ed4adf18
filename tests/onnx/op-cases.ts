import type { Builder } from '../../src/core/onnx/builder.ts'
import { bool, float32, int32, int64, type Tensor, type Value } from '../../src/core/onnx/graph.ts'
import type { OpName } from '../../src/core/onnx/ops.ts'

/** A small graph around one operator. Gradients are proven by all float32 inputs. */
export interface OpCase {
  about: string
  inputs: Record<string, Tensor>
  build(b: Builder, v: Record<string, Value>): Value
  /** Names that stand for sizes in the graph, by input and axis. */
  symbols?: Record<string, (string | number)[]>
  /** Float inputs through which no gradient passes. */
  constants?: string[]
}

const values = (shape: number[], phase: number, from: number, to: number): Tensor => {
  const count = shape.reduce((a, b) => a * b, 1)
  const wave = (i: number) => 0.5 + 0.5 * Math.sin(phase * 1.3 + i * 2.399)
  return float32(
    Array.from({ length: count }, (_, i) => from + (to - from) * wave(i)),
    shape,
  )
}

const x = (...shape: number[]): Tensor => values(shape, 1, -1.5, 1.6)
const y = (...shape: number[]): Tensor => values(shape, 2, -1.4, 1.7)
const positive = (...shape: number[]): Tensor => values(shape, 3, 0.3, 2)

const unary = (method: (b: Builder) => (x: Value) => Value, input = x(2, 3)): OpCase[] => [
  { about: 'elementwise', inputs: { x: input }, build: (b, v) => method(b)(v.x!) },
]

const binary = (f: (b: Builder, x: Value, y: Value) => Value, a = x, c = y): OpCase[] => [
  {
    about: 'of equal shapes',
    inputs: { x: a(2, 3), y: c(2, 3) },
    build: (b, v) => f(b, v.x!, v.y!),
  },
  {
    about: 'broadcasting both ways',
    inputs: { x: a(2, 1, 3), y: c(4, 1) },
    symbols: { x: ['n', 1, 3] },
    build: (b, v) => f(b, v.x!, v.y!),
  },
]

const perReduce = (
  f: (b: Builder, x: Value, axes: number[], keepdims: 0 | 1) => Value,
): OpCase[] => [
  { about: 'the last axis', inputs: { x: x(2, 3) }, build: (b, v) => f(b, v.x!, [-1], 1) },
  { about: 'two axes, dropped', inputs: { x: x(2, 3, 4) }, build: (b, v) => f(b, v.x!, [0, 2], 0) },
]

const perRow = (method: (b: Builder) => (x: Value) => Value): OpCase[] => [
  { about: 'rows', inputs: { x: x(3, 5) }, build: (b, v) => method(b)(v.x!) },
  {
    about: 'rows of a named batch',
    inputs: { x: x(2, 2, 3) },
    symbols: { x: ['batch', 2, 3] },
    build: (b, v) => method(b)(v.x!),
  },
]

const gemm = (transA: number, transB: number): OpCase => ({
  about: `transA ${transA}, transB ${transB}`,
  inputs: { x: transA ? x(3, 2) : x(2, 3), y: transB ? y(4, 3) : y(3, 4) },
  build: (b, v) => b.gemm(v.x!, v.y!, { transA, transB, alpha: 0.5 }),
})

/** At least one case for each operator of the vocabulary: a missing one does not compile. */
export const opCases: Record<OpName, OpCase[]> = {
  Neg: unary(b => b.neg),
  Abs: unary(b => b.abs),
  Sign: [
    {
      about: 'times another',
      inputs: { x: x(2, 3), y: y(2, 3) },
      constants: ['x'],
      build: (b, v) => b.mul(b.sign(v.x!), v.y!),
    },
  ],
  Sqrt: unary(b => b.sqrt, positive(2, 3)),
  Reciprocal: unary(b => b.reciprocal, positive(2, 3)),
  Exp: unary(b => b.exp),
  Log: unary(b => b.log, positive(2, 3)),
  Erf: [...unary(b => b.erf), ...unary(b => b.erf, values([3, 3], 1, -5, 5))],
  Tanh: unary(b => b.tanh),
  Sigmoid: unary(b => b.sigmoid),
  Softplus: unary(b => b.softplus),
  Relu: unary(b => b.relu),
  Identity: unary(b => b.identity),
  Not: [
    {
      about: 'picks the other side',
      inputs: { c: bool([1, 0, 0, 1], [4]), x: x(4), y: y(4) },
      build: (b, v) => b.where(b.not(v.c!), v.x!, v.y!),
    },
  ],
  Add: binary((b, p, q) => b.add(p, q)),
  Sub: binary((b, p, q) => b.sub(p, q)),
  Mul: binary((b, p, q) => b.mul(p, q)),
  Div: binary((b, p, q) => b.div(p, q), x, positive),
  Pow: binary((b, p, q) => b.pow(p, q), positive, y),
  Max: binary((b, p, q) => b.max(p, q)),
  Min: binary((b, p, q) => b.min(p, q)),
  Equal: [
    {
      about: 'whole numbers',
      inputs: { i: int64([1, 2, 3], [3]), j: int64([1, 5, 3], [3]), x: x(3) },
      build: (b, v) => b.where(b.equal(v.i!, v.j!), v.x!, 0),
    },
    {
      about: 'narrow whole numbers',
      inputs: { i: int32([1, 2, 3], [3]), j: int32([1, 5, 3], [3]), x: x(3) },
      build: (b, v) => b.where(b.equal(v.i!, v.j!), v.x!, 0),
    },
  ],
  Less: binary((b, p, q) => b.where(b.less(p, q), p, q)),
  Greater: binary((b, p, q) => b.where(b.greater(p, q), p, q)),
  And: binary((b, p, q) => b.where(b.and(b.less(p, q), b.less(p, 0)), p, q)),
  Or: binary((b, p, q) => b.where(b.or(b.less(p, q), b.less(p, 0)), p, q)),
  Where: [
    {
      about: 'with a mask that broadcasts',
      inputs: { c: bool([1, 0], [2, 1]), x: x(2, 3), y: y(3) },
      build: (b, v) => b.where(v.c!, v.x!, v.y!),
    },
  ],
  Cast: [
    {
      about: 'bool to float and float to float',
      inputs: { c: bool([1, 0, 1], [3]), x: x(3) },
      build: (b, v) => b.mul(b.cast(v.c!, 'float32'), b.cast(v.x!, 'float32')),
    },
    {
      about: 'whole numbers to float',
      inputs: { i: int32([1, 0, 7], [3]), x: x(3) },
      build: (b, v) => b.mul(b.cast(b.cast(v.i!, 'int64'), 'float32'), v.x!),
    },
  ],
  Clip: [{ about: 'both ends', inputs: { x: x(9) }, build: (b, v) => b.clip(v.x!, -0.7, 0.8) }],
  Transpose: [
    {
      about: 'three axes',
      inputs: { x: x(2, 3, 4) },
      build: (b, v) => b.transpose(v.x!, [2, 0, 1]),
    },
  ],
  Reshape: [
    { about: 'with a rest', inputs: { x: x(2, 3, 4) }, build: (b, v) => b.reshape(v.x!, [-1, 4]) },
    {
      about: 'of two named axes and back',
      inputs: { x: x(2, 3, 4) },
      symbols: { x: ['batch', 'length', 4] },
      build: (b, v) => {
        const flat = b.reshape(v.x!, [-1, 4])
        return b.mul(b.reshapeLike(b.mul(flat, flat), v.x!), v.x!)
      },
    },
  ],
  Unsqueeze: [
    { about: 'two axes', inputs: { x: x(2, 3) }, build: (b, v) => b.unsqueeze(v.x!, [0, 2]) },
  ],
  Squeeze: [
    { about: 'two axes', inputs: { x: x(1, 2, 1, 3) }, build: (b, v) => b.squeeze(v.x!, [0, -2]) },
  ],
  Expand: [
    {
      about: 'to a fixed shape',
      inputs: { x: x(3, 1) },
      build: (b, v) => b.expand(v.x!, [2, 3, 4]),
    },
    {
      about: 'to the shape of another',
      inputs: { x: x(3, 1), y: y(3, 4) },
      symbols: { y: ['n', 4], x: ['n', 1] },
      build: (b, v) => b.mul(b.expandLike(v.x!, v.y!), v.y!),
    },
  ],
  Concat: [
    {
      about: 'a middle axis',
      inputs: { x: x(2, 1, 3), y: y(2, 2, 3) },
      build: (b, v) => b.concat([v.x!, v.y!, v.x!], 1),
    },
  ],
  Slice: [
    {
      about: 'from the middle',
      inputs: { x: x(2, 5, 2) },
      build: (b, v) => b.slice(v.x!, 1, 1, 4),
    },
    { about: 'from the end', inputs: { x: x(2, 5) }, build: (b, v) => b.slice(v.x!, -1, -2, 99) },
  ],
  Pad: [{ about: 'one axis', inputs: { x: x(2, 3) }, build: (b, v) => b.pad(v.x!, 1, 1, 2) }],
  Shape: [
    {
      about: 'as a target',
      inputs: { x: x(2, 3), y: y(2, 3) },
      symbols: { x: ['n', 3], y: ['n', 3] },
      constants: ['x'],
      build: (b, v) => b.mul(b.expand(b.scalar(2), b.shape(v.x!)), v.y!),
    },
  ],
  ReduceSum: perReduce((b, v, axes, keepdims) => b.reduceSum(v, axes, { keepdims })),
  ReduceMean: perReduce((b, v, axes, keepdims) => b.reduceMean(v, axes, { keepdims })),
  ReduceMax: perReduce((b, v, axes, keepdims) => b.reduceMax(v, axes, { keepdims })),
  MatMul: [
    {
      about: 'matrices',
      inputs: { x: x(2, 3), y: y(3, 4) },
      build: (b, v) => b.matmul(v.x!, v.y!),
    },
    {
      about: 'a batch with one weight',
      inputs: { x: x(2, 2, 3), y: y(3, 4) },
      symbols: { x: ['batch', 'length', 3] },
      build: (b, v) => b.matmul(v.x!, v.y!),
    },
    {
      about: 'batches that broadcast',
      inputs: { x: x(2, 1, 2, 3), y: y(2, 3, 2) },
      build: (b, v) => b.matmul(v.x!, v.y!),
    },
  ],
  Gemm: [
    gemm(0, 0),
    gemm(1, 0),
    gemm(0, 1),
    gemm(1, 1),
    {
      about: 'with a bias',
      inputs: { x: x(2, 3), w: y(3, 4), bias: x(4) },
      build: (b, v) => b.linear(v.x!, v.w!, v.bias!),
    },
  ],
  Softmax: perRow(b => b.softmax),
  LogSoftmax: perRow(b => b.logSoftmax),
  LayerNormalization: [
    {
      about: 'rows',
      inputs: { x: x(3, 2, 5), scale: y(5), bias: x(5) },
      build: (b, v) => b.layerNorm(v.x!, v.scale!, v.bias!),
    },
  ],
  Gather: [
    {
      about: 'rows of a small table, some twice',
      inputs: { x: x(5, 3), i: int64([4, 0, 4, 1], [2, 2]) },
      build: (b, v) => b.gather(v.x!, v.i!),
    },
    {
      about: 'rows of a large table',
      inputs: { x: x(600, 2), i: int32([4, 0, 4, 599, 1, 4], [2, 3]) },
      symbols: { i: ['batch', 'length'] },
      build: (b, v) => b.gather(v.x!, v.i!),
    },
    {
      about: 'rows of a table whose size is a name',
      inputs: { x: x(5, 3), i: int64([4, 0, 4], [3]) },
      symbols: { x: ['batch*length', 3] },
      build: (b, v) => b.gather(v.x!, v.i!),
    },
  ],
  GatherElements: [
    {
      about: 'one of each row',
      inputs: { x: x(2, 2, 3), i: int64([2, 0, 1, 1], [2, 2, 1]) },
      build: (b, v) => b.gatherElements(v.x!, v.i!),
    },
    {
      about: 'several of each row',
      inputs: { x: x(2, 4), i: int64([3, 0, 3, 1, 1, 2], [2, 3]) },
      build: (b, v) => b.gatherElements(v.x!, v.i!),
    },
  ],
  ScatterElements: [
    {
      about: 'adds rows, some twice',
      inputs: { x: x(4, 3), y: y(3, 3), i: int64([3, 0, 3], [3]) },
      build: (b, v) => b.scatterAdd(v.x!, v.i!, v.y!),
    },
  ],
}
