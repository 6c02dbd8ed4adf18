import { LogbertError } from '../../errors.ts'
import type { Builder } from '../builder.ts'
import { showShape } from '../dims.ts'
import type { Attributes, DType, Shape, Value } from '../graph.ts'
import type { Nd } from './nd.ts'

/** What a node gives, as its shape rule works it out. */
export interface Result {
  dtype: DType
  shape: Shape
  content?: Shape
}

export interface GradientArgs {
  b: Builder
  inputs: readonly Value[]
  outputs: readonly Value[]
  attributes: Attributes
  /** Gradient of the loss by each output, of the output's shape; undefined where none flows. */
  grads: readonly (Value | undefined)[]
  /** Whether the gradient by each input is asked for. */
  wanted: readonly boolean[]
}

/** Gradient of the loss by each input, of the input's shape; undefined where none flows. */
export type GradientRule = (args: GradientArgs) => (Value | undefined)[]

/** Everything that is known about one operator of ONNX opset 18. */
export interface Op {
  /** Types and shapes of the outputs; throws BAD_GRAPH where the operands do not fit. */
  shape(inputs: readonly Value[], attributes: Attributes): Result[]
  /** 'none': the result is whole numbers or piecewise constant, no gradient passes. */
  gradient: GradientRule | 'none'
  /** Plain arithmetic in float64: the oracle of the tests. */
  compute(inputs: readonly Nd[], attributes: Attributes): Nd[]
}

/** BAD_GRAPH that names the operator, its operands and what would be right. */
export const badGraph = (op: string, inputs: readonly Value[], wish: string): LogbertError => {
  const operands = inputs.map(({ name, dtype, shape }) => `${name} ${dtype}${showShape(shape)}`)
  return new LogbertError('BAD_GRAPH', `cannot apply ${op} to (${operands.join(', ')}): ${wish}`)
}

export const numberAttribute = (attributes: Attributes, name: string, fallback: number): number => {
  const value = attributes[name]
  return typeof value === 'number' ? value : fallback
}

/** Content of an int64 operand that must be known when the graph is built. */
export const knownContent = (op: string, inputs: readonly Value[], index: number): Shape => {
  const content = inputs[index]?.content
  if (content !== undefined) return content
  throw badGraph(op, inputs, `operand ${index} must be an int64 constant or the output of Shape`)
}

/** As `knownContent`, whole numbers only. */
export const knownNumbers = (op: string, inputs: readonly Value[], index: number): number[] =>
  knownContent(op, inputs, index).map(item => {
    if (typeof item === 'number') return item
    throw badGraph(op, inputs, `operand ${index} must hold fixed numbers, got '${item}'`)
  })
