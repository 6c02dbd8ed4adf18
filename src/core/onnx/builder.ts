import { type Dim, frontAxis, type Shape, sameShape } from './dims.ts'
import { type DType, int32, type Value } from './graph.ts'
import { GraphWriter } from './graph-writer.ts'
import { badGraph } from './ops/op.ts'
import type { OpName } from './ops.ts'
import { DTYPE_CODES } from './proto.ts'

/** A value, or a number that stands for a float32 scalar. */
export type Operand = Value | number

export interface GemmOptions {
  transA?: number
  transB?: number
  alpha?: number
  beta?: number
}

export interface ReduceOptions {
  /** 1 keeps the reduced axes as size 1 (default), 0 drops them. */
  keepdims?: 0 | 1
}

/**
 * Writes graphs. Shapes are checked as nodes are added; sizes may be numbers or names. Usage:
 *
 *   const b = new Builder('classifier')
 *   const ids = b.input('ids', 'int32', ['batch', 'length'])
 *   const table = b.parameter('table', [vocabulary, 64])       // fed at each run …
 *   const w = b.initializer('w', float32(weights, [64, 2]))    // … or stored in the model
 *   const x = b.gather(table, ids)                             // [batch, length, 64]
 *   const logits = b.matmul(b.relu(x), w)                      // [batch, length, 2]
 *   const loss = b.reduceSum(b.mul(logits, 0.5), [0, 1, 2], { keepdims: 0 })      // []
 *   const [dTable] = gradient(b, loss, [table])                // gradient.ts: adds nodes
 *   const model = writeModel(b.model({ loss, dTable }))        // proto.ts: outputs by name
 *   const program = await executor.compile(model)              // exec/executor.ts
 *   const out = await program.run({ ids: int32(rows, [8, 20]), table: float32(values, shape) })
 *   floatsOf(out.loss)[0]
 *
 * Two-sided operators take plain numbers too. Nodes that no output needs are left out.
 */
export class Builder extends GraphWriter {
  neg = (x: Value): Value => this.one('Neg', x)
  abs = (x: Value): Value => this.one('Abs', x)
  sign = (x: Value): Value => this.one('Sign', x)
  sqrt = (x: Value): Value => this.one('Sqrt', x)
  reciprocal = (x: Value): Value => this.one('Reciprocal', x)
  exp = (x: Value): Value => this.one('Exp', x)
  log = (x: Value): Value => this.one('Log', x)
  erf = (x: Value): Value => this.one('Erf', x)
  tanh = (x: Value): Value => this.one('Tanh', x)
  sigmoid = (x: Value): Value => this.one('Sigmoid', x)
  softplus = (x: Value): Value => this.one('Softplus', x)
  relu = (x: Value): Value => this.one('Relu', x)
  identity = (x: Value): Value => this.one('Identity', x)
  not = (x: Value): Value => this.one('Not', x)

  add = (x: Operand, y: Operand): Value => this.one('Add', x, y)
  sub = (x: Operand, y: Operand): Value => this.one('Sub', x, y)
  mul = (x: Operand, y: Operand): Value => this.one('Mul', x, y)
  div = (x: Operand, y: Operand): Value => this.one('Div', x, y)
  pow = (x: Operand, y: Operand): Value => this.one('Pow', x, y)
  max = (x: Operand, y: Operand): Value => this.one('Max', x, y)
  min = (x: Operand, y: Operand): Value => this.one('Min', x, y)
  equal = (x: Operand, y: Operand): Value => this.one('Equal', x, y)
  less = (x: Operand, y: Operand): Value => this.one('Less', x, y)
  greater = (x: Operand, y: Operand): Value => this.one('Greater', x, y)
  and = (x: Value, y: Value): Value => this.one('And', x, y)
  or = (x: Value, y: Value): Value => this.one('Or', x, y)
  where = (condition: Value, x: Operand, y: Operand): Value => this.one('Where', condition, x, y)
  clip = (x: Value, low: number, high: number): Value => this.one('Clip', x, low, high)

  cast(x: Value, to: DType): Value {
    return x.dtype === to ? x : this.node('Cast', [x], { to: DTYPE_CODES[to] })[0]!
  }

  /** Batched matrix product of the last two axes: [..., m, k] · [..., k, n] → [..., m, n]. */
  matmul = (x: Value, y: Value): Value => this.one('MatMul', x, y)

  /** α·x·y on matrices, either of them turned: [m, k] · [k, n] → [m, n]. */
  gemm(x: Value, y: Value, options: GemmOptions = {}): Value {
    return this.node('Gemm', [x, y], { ...options })[0]!
  }

  /** x · w + bias for any x [..., k], w [k, n], bias [n]. */
  linear(x: Value, w: Value, bias: Value): Value {
    if (x.shape.length === 2) return this.node('Gemm', [x, w, bias])[0]!
    return this.add(this.matmul(x, w), bias)
  }

  transpose(x: Value, perm: readonly number[]): Value {
    return this.node('Transpose', [x], { perm })[0]!
  }

  /** Turns the last two axes. */
  transposeLast(x: Value): Value {
    const axes = x.shape.map((_, axis) => axis)
    return this.transpose(x, [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!])
  }

  /**
   * Gives x another shape. −1 stands for the rest; a name must stand at the same place in x, or be
   * the only one of its kind. Use `reshapeLike` where several names move.
   */
  reshape(x: Value, shape: Shape): Value {
    let free = shape.includes(-1)
    const target = shape.map((dim, axis) => {
      if (typeof dim === 'number') return dim
      if (x.shape[axis] === dim) return 0
      if (free) throw badGraph('Reshape', [x], `[${shape}] moves several names: use reshapeLike`)
      free = true
      return -1
    })
    return this.one('Reshape', x, this.ints(target))
  }

  /** Gives x the shape of `like`, whatever names it holds. */
  reshapeLike(x: Value, like: Value): Value {
    if (sameShape(x.shape, like.shape)) return x
    const names = like.shape.filter((dim, axis) => typeof dim === 'string' && dim !== x.shape[axis])
    if (names.length <= 1) return this.reshape(x, like.shape)
    return this.one('Reshape', x, this.shape(like))
  }

  unsqueeze = (x: Value, axes: readonly number[]): Value =>
    this.one('Unsqueeze', x, this.ints(axes))
  squeeze = (x: Value, axes: readonly number[]): Value => this.one('Squeeze', x, this.ints(axes))

  /** Broadcasts to a fixed shape, or to that of an int64 value such as `shape(y)`. */
  expand(x: Value, shape: readonly number[] | Value): Value {
    return this.one('Expand', x, 'name' in shape ? shape : this.ints(shape))
  }

  expandLike(x: Value, like: Value): Value {
    if (sameShape(x.shape, like.shape)) return x
    const fixed = like.shape.every(dim => typeof dim === 'number')
    return this.expand(x, fixed ? (like.shape as number[]) : this.shape(like))
  }

  concat(parts: readonly Value[], axis: number): Value {
    return this.node('Concat', parts, { axis })[0]!
  }

  /** x[start:end] on one axis; negative positions count from the end. */
  slice(x: Value, axis: number, start: number, end: number): Value {
    return this.one('Slice', x, this.ints([start]), this.ints([end]), this.ints([axis]))
  }

  /** Zeros before and after on one axis. */
  pad(x: Value, axis: number, before: number, after: number): Value {
    const pads = new Array<number>(x.shape.length * 2).fill(0)
    const front = frontAxis(axis, x.shape.length)
    pads[front] = before
    pads[front + x.shape.length] = after
    return this.one('Pad', x, this.ints(pads))
  }

  /** The shape of x as int64, for `expand` and Reshape. */
  shape = (x: Value): Value => this.one('Shape', x)

  reduceSum = (x: Value, axes: readonly number[], options?: ReduceOptions): Value =>
    this.reduce('ReduceSum', x, axes, options)
  reduceMean = (x: Value, axes: readonly number[], options?: ReduceOptions): Value =>
    this.reduce('ReduceMean', x, axes, options)
  reduceMax = (x: Value, axes: readonly number[], options?: ReduceOptions): Value =>
    this.reduce('ReduceMax', x, axes, options)

  softmax = (x: Value): Value => this.node('Softmax', [x], { axis: -1 })[0]!
  logSoftmax = (x: Value): Value => this.node('LogSoftmax', [x], { axis: -1 })[0]!

  /** (x − mean) / deviation · scale + bias over the last axis. */
  layerNorm(x: Value, scale: Value, bias: Value, epsilon = 1e-5): Value {
    return this.node('LayerNormalization', [x, scale, bias], { axis: -1, epsilon })[0]!
  }

  /** Gaussian error linear unit, exact: x·Φ(x) (Hendrycks & Gimpel, arXiv 1606.08415). */
  gelu(x: Value): Value {
    return this.mul(this.mul(x, 0.5), this.add(this.erf(this.mul(x, Math.SQRT1_2)), 1))
  }

  /** Rows of a table: [r, w] picked by indices [...] → [..., w]. */
  gather(table: Value, indices: Value, axis = 0): Value {
    return this.node('Gather', [table, indices], { axis })[0]!
  }

  /** x[..., indices[..., k]] on the last axis. */
  gatherElements(x: Value, indices: Value): Value {
    return this.node('GatherElements', [x, indices], { axis: -1 })[0]!
  }

  /** float32 one-hot rows on a new last axis: [...] → [..., depth]; ids outside give zeros. */
  oneHot(indices: Value, depth: number): Value {
    // Equal runs on GPUs, OneHot does not; GPUs have no int64
    const columns = this.constant(
      int32(
        Int32Array.from({ length: depth }, (_, i) => i),
        [depth],
      ),
    )
    const index = this.unsqueeze(this.cast(indices, 'int32'), [-1])
    return this.cast(this.equal(index, columns), 'float32')
  }

  /** table [r, w] with updates [n, w] added to its rows indices [n]; a row may come up often. */
  scatterAdd(table: Value, indices: Value, updates: Value): Value {
    const each = this.expandLike(this.unsqueeze(indices, [1]), updates)
    const attributes = { axis: 0, reduction: 'add' }
    return this.node('ScatterElements', [table, each, updates], attributes)[0]!
  }

  /** Sums x over the axes along which `shape` was broadcast to become the shape of x. */
  sumTo(x: Value, shape: Shape): Value {
    const lead = x.shape.length - shape.length
    const leading = x.shape.slice(0, lead).map((_, axis) => axis)
    const summed = lead > 0 ? this.reduceSum(x, leading, { keepdims: 0 }) : x
    const narrow = shape.flatMap((dim: Dim, axis) =>
      dim === 1 && summed.shape[axis] !== 1 ? [axis] : [],
    )
    return narrow.length > 0 ? this.reduceSum(summed, narrow) : summed
  }

  private reduce(
    op: OpName,
    x: Value,
    axes: readonly number[],
    options: ReduceOptions = {},
  ): Value {
    return this.node(op, [x, this.ints(axes)], { keepdims: options.keepdims ?? 1 })[0]!
  }

  private one(op: OpName, ...operands: Operand[]): Value {
    const inputs = operands.map(item => (typeof item === 'number' ? this.scalar(item) : item))
    return this.node(op, inputs)[0]!
  }
}
