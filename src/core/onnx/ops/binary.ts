import type { Builder } from '../builder.ts'
import { broadcast } from '../dims.ts'
import type { Value } from '../graph.ts'
import { zip } from './nd.ts'
import { badGraph, type Op } from './op.ts'

export type BinaryName =
  | 'Add'
  | 'Sub'
  | 'Mul'
  | 'Div'
  | 'Pow'
  | 'Max'
  | 'Min'
  | 'Equal'
  | 'Less'
  | 'Greater'
  | 'And'
  | 'Or'

type Side = (b: Builder, g: Value, x: Value, y: Value, out: Value) => Value

interface Pairwise {
  /** Gradient by each operand, before it is summed over the axes that were broadcast. */
  gradient: readonly [Side, Side] | 'none'
  f(x: number, y: number): number
}

const rules: Record<BinaryName, Pairwise> = {
  Add: { gradient: [(_, g) => g, (_, g) => g], f: (x, y) => x + y },
  Sub: { gradient: [(_, g) => g, (b, g) => b.neg(g)], f: (x, y) => x - y },
  Mul: { gradient: [(b, g, _, y) => b.mul(g, y), (b, g, x) => b.mul(g, x)], f: (x, y) => x * y },
  // d(x/y) by y = −(x/y)/y
  Div: {
    gradient: [(b, g, _, y) => b.div(g, y), (b, g, _, y, out) => b.neg(b.div(b.mul(g, out), y))],
    f: (x, y) => x / y,
  },
  // d x^y = y·x^(y−1) by x, x^y·ln x by y
  Pow: {
    gradient: [
      (b, g, x, y) => b.mul(g, b.mul(y, b.pow(x, b.sub(y, 1)))),
      (b, g, x, _, out) => b.mul(g, b.mul(out, b.log(x))),
    ],
    f: (x, y) => x ** y,
  },
  // where both are equal the first operand takes the gradient
  Max: {
    gradient: [
      (b, g, x, y) => b.where(b.less(x, y), 0, g),
      (b, g, x, y) => b.where(b.less(x, y), g, 0),
    ],
    f: Math.max,
  },
  Min: {
    gradient: [
      (b, g, x, y) => b.where(b.greater(x, y), 0, g),
      (b, g, x, y) => b.where(b.greater(x, y), g, 0),
    ],
    f: Math.min,
  },
  Equal: { gradient: 'none', f: (x, y) => (x === y ? 1 : 0) },
  Less: { gradient: 'none', f: (x, y) => (x < y ? 1 : 0) },
  Greater: { gradient: 'none', f: (x, y) => (x > y ? 1 : 0) },
  And: { gradient: 'none', f: (x, y) => (x !== 0 && y !== 0 ? 1 : 0) },
  Or: { gradient: 'none', f: (x, y) => (x !== 0 || y !== 0 ? 1 : 0) },
}

const isComparison = (name: BinaryName): boolean => rules[name].gradient === 'none'
const isLogical = (name: BinaryName): boolean => name === 'And' || name === 'Or'

const binaryOp = (name: BinaryName): Op => {
  const { gradient, f } = rules[name]
  return {
    shape(inputs) {
      const [x, y] = inputs as [Value, Value]
      const shape = broadcast(x.shape, y.shape)
      if (shape === undefined) {
        throw badGraph(name, inputs, 'the shapes must be equal or 1, counted from the last axis')
      }
      if (x.dtype !== y.dtype) throw badGraph(name, inputs, 'cast one to the type of the other')
      if (isLogical(name) && x.dtype !== 'bool') throw badGraph(name, inputs, 'it takes bool')
      return [{ dtype: isComparison(name) ? 'bool' : x.dtype, shape }]
    },
    gradient:
      gradient === 'none'
        ? 'none'
        : ({ b, inputs, outputs, grads, wanted }) => {
            const [x, y] = inputs as [Value, Value]
            return gradient.map((side, i) =>
              wanted[i]
                ? b.sumTo(side(b, grads[0]!, x, y, outputs[0]!), inputs[i]!.shape)
                : undefined,
            )
          },
    compute: ([x, y]) => {
      const out = zip(x!, y!, f, isComparison(name) ? 'bool' : x!.dtype)
      if (name === 'Div' && x!.dtype !== 'float32')
        out.data.forEach((v, i) => {
          out.data[i] = Math.trunc(v)
        })
      return [out]
    },
  }
}

export const binary = Object.fromEntries(
  (Object.keys(rules) as BinaryName[]).map(name => [name, binaryOp(name)]),
) as Record<BinaryName, Op>
