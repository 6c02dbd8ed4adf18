import { LogbertError } from '../errors.ts'
import type { Builder } from './builder.ts'
import { showShape } from './dims.ts'
import type { Value } from './graph.ts'
import { ops } from './ops.ts'

/**
 * Reverse-mode differentiation (Baydin et al., arXiv 1502.05767, §3.2): walks the nodes of `b` from
 * `loss` back to `params` and adds the nodes of their gradients, from the gradient rules of the op
 * table. Nodes are visited only where a gradient of some parameter passes.
 *
 * @param loss a float32 scalar (shape []) of `b`
 * @returns the gradients in the order of `params`, each of its parameter's shape
 * @throws BAD_GRAPH where the loss is no scalar, or does not depend on a parameter
 */
export const gradient = (b: Builder, loss: Value, params: readonly Value[]): Value[] => {
  if (loss.shape.length !== 0 || loss.dtype !== 'float32') {
    throw new LogbertError(
      'BAD_GRAPH',
      `cannot differentiate '${loss.name}' of ${loss.dtype}${showShape(loss.shape)}: ` +
        'reduce it to one float32 number with keepdims 0',
    )
  }
  const forward = [...b.nodes]
  const active = dependents(forward, params)
  const grads = new Map<string, Value>([[loss.name, b.scalar(1)]])
  for (const { op, inputs, outputs, attributes } of forward.toReversed()) {
    const wanted = inputs.map(({ name, dtype }) => dtype === 'float32' && active.has(name))
    const outer = outputs.map(({ name }) => grads.get(name))
    const rule = ops[op].gradient
    if (rule === 'none' || !wanted.includes(true) || outer.every(g => g === undefined)) continue
    const inner = rule({ b, inputs, outputs, attributes, grads: outer, wanted })
    inputs.forEach(({ name }, i) => {
      const g = inner[i]
      if (!wanted[i] || g === undefined) return
      const sum = grads.get(name)
      grads.set(name, sum === undefined ? g : b.add(sum, g))
    })
  }
  return params.map(({ name }) => {
    const g = grads.get(name)
    if (g !== undefined) return g
    throw new LogbertError(
      'BAD_GRAPH',
      `cannot differentiate by '${name}': the loss does not depend on it; leave it out`,
    )
  })
}

/** Names of all values that depend on one of `params`. */
const dependents = (nodes: Builder['nodes'], params: readonly Value[]): Set<string> => {
  const active = new Set(params.map(({ name }) => name))
  for (const { op, inputs, outputs } of nodes) {
    if (ops[op].gradient === 'none' || !inputs.some(({ name }) => active.has(name))) continue
    for (const { name } of outputs) active.add(name)
  }
  return active
}
