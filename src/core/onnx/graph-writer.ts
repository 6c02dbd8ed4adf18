import { LogbertError } from '../errors.ts'
import type { Shape } from './dims.ts'
import {
  type Attributes,
  type DType,
  float32,
  type GraphModel,
  type GraphNode,
  type Initializer,
  int64,
  numbersOf,
  type Tensor,
  type Value,
} from './graph.ts'
import { type OpName, ops } from './ops.ts'

/** A node while the graph is being built. */
export interface BuiltNode {
  op: OpName
  inputs: readonly Value[]
  outputs: readonly Value[]
  attributes: Attributes
}

/** Holds a graph while it grows; `Builder` adds a method for each operator. */
export class GraphWriter {
  readonly name: string
  readonly nodes: BuiltNode[] = []
  private readonly inputs: Value[] = []
  private readonly initializers: Initializer[] = []
  private readonly constants = new Map<string, Value>()
  private readonly names = new Set<string>()

  constructor(name: string) {
    this.name = name
  }

  /** A tensor that is fed at each run. */
  input(name: string, dtype: DType, shape: Shape): Value {
    const value = { name: this.claim(name), dtype, shape }
    this.inputs.push(value)
    return value
  }

  /** A float32 weight that is fed at each run, so that training may change it. */
  parameter(name: string, shape: readonly number[]): Value {
    return this.input(name, 'float32', shape)
  }

  /** A tensor that is stored in the model. */
  initializer(name: string, tensor: Tensor): Value {
    this.initializers.push({ ...tensor, name: this.claim(name) })
    return { name, dtype: tensor.dtype, shape: tensor.shape }
  }

  /** A small tensor stored in the model; equal ones are shared. */
  constant(tensor: Tensor): Value {
    const key = `${tensor.dtype}[${tensor.shape}]${numbersOf(tensor)}`
    const known = this.constants.get(key)
    if (known !== undefined) return known
    const value = this.initializer(`constant_${this.constants.size}`, tensor)
    const made = tensor.dtype === 'int64' ? { ...value, content: numbersOf(tensor) } : value
    this.constants.set(key, made)
    return made
  }

  scalar(value: number): Value {
    return this.constant(float32([value], []))
  }

  /** int64 list constant: axes, shapes, pads. */
  ints(values: readonly number[]): Value {
    return this.constant(int64(values, [values.length]))
  }

  /** Adds any node of the vocabulary; throws BAD_GRAPH where the operands do not fit. */
  node(op: OpName, inputs: readonly Value[], attributes: Attributes = {}): Value[] {
    const results = ops[op].shape(inputs, attributes)
    const prefix = `${op.toLowerCase()}_${this.nodes.length}`
    const outputs = results.map((result, i) => ({
      name: this.claim(i === 0 ? prefix : `${prefix}.${i}`),
      ...result,
    }))
    this.nodes.push({ op, inputs, outputs, attributes })
    return outputs
  }

  /**
   * The finished graph, whose `outputs` carry the given names. Nodes and stored tensors that no
   * output needs are left out; inputs stay. Throws BAD_GRAPH where a name is taken already.
   */
  model(outputs: Readonly<Record<string, Value>>): GraphModel {
    const made = new Set(this.nodes.flatMap(node => node.outputs.map(({ name }) => name)))
    const rename = new Map<string, string>()
    const copies: GraphNode[] = []
    for (const [name, value] of Object.entries(outputs)) {
      if (this.names.has(name) && !(made.has(name) && name === value.name)) throw this.taken(name)
      if (made.has(value.name) && !rename.has(value.name)) rename.set(value.name, name)
      else copies.push({ op: 'Identity', inputs: [value.name], outputs: [name], attributes: {} })
    }
    const current = (name: string): string => rename.get(name) ?? name
    const needed = new Set([...rename.keys(), ...copies.flatMap(({ inputs }) => inputs)])
    const nodes: GraphNode[] = copies.map(node => ({ ...node, inputs: node.inputs.map(current) }))
    for (const { op, attributes, ...node } of this.nodes.toReversed()) {
      if (!node.outputs.some(({ name }) => needed.has(name))) continue
      for (const { name } of node.inputs) needed.add(name)
      const inputs = node.inputs.map(({ name }) => current(name))
      nodes.push({ op, attributes, inputs, outputs: node.outputs.map(o => current(o.name)) })
    }
    return {
      name: this.name,
      inputs: this.inputs,
      outputs: Object.entries(outputs).map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
      initializers: this.initializers.filter(({ name }) => needed.has(name)),
      nodes: nodes.reverse(),
    }
  }

  private claim(name: string): string {
    if (name === '' || this.names.has(name)) throw this.taken(name)
    this.names.add(name)
    return name
  }

  private taken(name: string): LogbertError {
    return new LogbertError(
      'BAD_GRAPH',
      `cannot name a value '${name}' in graph '${this.name}': pick a name that is not yet taken`,
    )
  }
}
