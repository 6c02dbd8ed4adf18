import { LogbertError } from '../errors.ts'
import { showShape, type Value } from '../onnx/graph.ts'
import type { Feed } from './executor.ts'

const bad = (name: string, got: string, wish: string): LogbertError =>
  new LogbertError('BAD_GRAPH', `cannot feed '${name}' with ${got}: ${wish}`)

/**
 * Checks feeds against the inputs of a graph: present, right type and rank, and one size for each
 * name. Throws BAD_GRAPH with the input's name, what came and what is wanted.
 */
export const checkFeeds = (
  inputs: readonly Value[],
  feeds: Readonly<Record<string, Feed>>,
): void => {
  const sizes = new Map<string, number>()
  for (const { name, dtype, shape } of inputs) {
    const feed = feeds[name]
    const wish = `pass ${dtype}${showShape(shape)}`
    if (feed === undefined) throw bad(name, 'nothing', wish)
    const got = `${feed.dtype}${showShape(feed.shape)}`
    if (feed.dtype !== dtype || feed.shape.length !== shape.length) throw bad(name, got, wish)
    shape.forEach((dim, axis) => {
      const size = feed.shape[axis]!
      const wanted = typeof dim === 'number' ? dim : (sizes.get(dim) ?? size)
      if (size !== wanted) throw bad(name, got, `${wish}, axis ${axis} of ${wanted}`)
      if (typeof dim === 'string') sizes.set(dim, size)
    })
  }
}

/** The asked-for outputs, all where none are named; throws BAD_GRAPH for one that is not there. */
export const checkFetches = (
  outputs: readonly string[],
  fetches: readonly string[] = outputs,
): readonly string[] => {
  for (const name of fetches) {
    if (outputs.includes(name)) continue
    throw new LogbertError(
      'BAD_GRAPH',
      `cannot fetch '${name}': the graph gives ${outputs.join(', ')}`,
    )
  }
  return fetches
}
