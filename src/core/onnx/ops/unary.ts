import type { Builder } from '../builder.ts'
import type { DType, Value } from '../graph.ts'
import { map } from './nd.ts'
import { badGraph, type Op } from './op.ts'

export type UnaryName =
  | 'Neg'
  | 'Abs'
  | 'Sign'
  | 'Sqrt'
  | 'Reciprocal'
  | 'Exp'
  | 'Log'
  | 'Erf'
  | 'Tanh'
  | 'Sigmoid'
  | 'Softplus'
  | 'Relu'
  | 'Identity'
  | 'Not'

interface Pointwise {
  /** Gradient by x from the gradient `g` by y = f(x). */
  gradient: ((b: Builder, g: Value, x: Value, y: Value) => Value) | 'none'
  f(x: number): number
}

/**
 * Error function for the oracle, to about 1e-16: Maclaurin series (Abramowitz & Stegun 7.1.6)
 * near zero, continued fraction (7.1.14) in the tails.
 */
export const erf = (x: number): number => {
  const z = Math.abs(x)
  if (z < 3) {
    let term = z
    let sum = z
    for (let n = 1; n < 200 && term > sum * 1e-17; n++) {
      term *= (2 * z * z) / (2 * n + 1)
      sum += term
    }
    return (Math.sign(x) * 2 * Math.exp(-z * z) * sum) / Math.sqrt(Math.PI)
  }
  let fraction = z
  for (let n = 120; n > 0; n--) fraction = z + n / 2 / fraction
  return Math.sign(x) * (1 - Math.exp(-z * z) / (Math.sqrt(Math.PI) * fraction))
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

const rules: Record<UnaryName, Pointwise> = {
  Neg: { gradient: (b, g) => b.neg(g), f: x => -x },
  Abs: { gradient: (b, g, x) => b.mul(g, b.sign(x)), f: Math.abs },
  Sign: { gradient: 'none', f: Math.sign },
  // d√x = 1/(2√x)
  Sqrt: { gradient: (b, g, _, y) => b.div(b.mul(g, 0.5), y), f: Math.sqrt },
  // d(1/x) = −1/x²
  Reciprocal: { gradient: (b, g, _, y) => b.neg(b.mul(g, b.mul(y, y))), f: x => 1 / x },
  Exp: { gradient: (b, g, _, y) => b.mul(g, y), f: Math.exp },
  Log: { gradient: (b, g, x) => b.div(g, x), f: Math.log },
  // d erf = 2/√π · exp(−x²)
  Erf: {
    gradient: (b, g, x) => b.mul(g, b.mul(b.exp(b.neg(b.mul(x, x))), 2 / Math.sqrt(Math.PI))),
    f: erf,
  },
  // d tanh = 1 − y²
  Tanh: { gradient: (b, g, _, y) => b.mul(g, b.sub(1, b.mul(y, y))), f: Math.tanh },
  // dσ = y(1 − y)
  Sigmoid: { gradient: (b, g, _, y) => b.mul(g, b.mul(y, b.sub(1, y))), f: sigmoid },
  Softplus: {
    gradient: (b, g, x) => b.mul(g, b.sigmoid(x)),
    f: x => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  },
  // y is never negative, so its sign is the step function
  Relu: { gradient: (b, g, _, y) => b.mul(g, b.sign(y)), f: x => Math.max(x, 0) },
  Identity: { gradient: (_, g) => g, f: x => x },
  Not: { gradient: 'none', f: x => (x === 0 ? 1 : 0) },
}

const takes = (name: UnaryName): readonly DType[] => {
  if (name === 'Identity') return ['float32', 'int64', 'int32', 'bool']
  return name === 'Not' ? ['bool'] : ['float32']
}

const unaryOp = (name: UnaryName): Op => {
  const { gradient, f } = rules[name]
  return {
    shape(inputs) {
      const x = inputs[0]!
      if (!takes(name).includes(x.dtype)) {
        throw badGraph(name, inputs, `it takes ${takes(name).join(' or ')}: cast the operand first`)
      }
      return [{ dtype: x.dtype, shape: x.shape, ...(x.content && { content: x.content }) }]
    },
    gradient:
      gradient === 'none'
        ? 'none'
        : ({ b, inputs, outputs, grads }) => [gradient(b, grads[0]!, inputs[0]!, outputs[0]!)],
    compute: ([x]) => [map(x!, f)],
  }
}

export const unary = Object.fromEntries(
  (Object.keys(rules) as UnaryName[]).map(name => [name, unaryOp(name)]),
) as Record<UnaryName, Op>
