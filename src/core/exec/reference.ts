import { LogbertError } from '../errors.ts'
import type { GraphNode, Tensor, TensorData, Value } from '../onnx/graph.ts'
import type { Nd } from '../onnx/ops/nd.ts'
import { isOpName, ops } from '../onnx/ops.ts'
import { readModel } from '../onnx/read-proto.ts'
import type { CompileOptions, Executor, Feed, Program, Resident } from './executor.ts'
import { isResident } from './executor.ts'
import { checkFeeds, checkFetches } from './feeds.ts'

export interface ReferenceOptions {
  /**
   * 'float64' computes and returns floats as Float64Array, for proofs; 'float32' (default) rounds
   * after every node and returns Float32Array, as other backends do.
   */
  precision?: 'float32' | 'float64'
}

const toNd = ({ dtype, shape, data }: Tensor): Nd => ({
  dtype,
  shape,
  data: Float64Array.from(data as ArrayLike<number | bigint>, Number),
})

const fromNd = ({ dtype, shape, data }: Nd, exact: boolean): Tensor => {
  const typed = (): TensorData => {
    if (dtype === 'int64') return BigInt64Array.from(data, BigInt)
    if (dtype === 'int32') return Int32Array.from(data)
    if (dtype === 'bool') return Uint8Array.from(data)
    return exact ? data.slice() : Float32Array.from(data)
  }
  return { dtype, shape, data: typed() }
}

const round = (x: Nd): Nd =>
  x.dtype === 'float32' ? { ...x, data: Float64Array.from(x.data, Math.fround) } : x

const HELD = 'reference tensor'

/** Host memory in the clothes of a device tensor. */
const hold = (tensor: Tensor): Resident => {
  let held: Tensor | undefined = tensor
  return {
    dtype: tensor.dtype,
    shape: tensor.shape,
    async read() {
      if (held !== undefined) return held
      throw new TypeError(`this ${HELD} was disposed of: read it before`)
    },
    dispose() {
      held = undefined
    },
  }
}

const hostTensor = async (feed: Feed): Promise<Tensor> => (isResident(feed) ? feed.read() : feed)

const runNode = (node: GraphNode, values: Map<string, Nd>, exact: boolean): void => {
  if (!isOpName(node.op)) throw unknownOp(node.op)
  const inputs = node.inputs.map(name => values.get(name)!)
  const results = ops[node.op].compute(inputs, node.attributes)
  node.outputs.forEach((name, i) => {
    values.set(name, exact ? results[i]! : round(results[i]!))
  })
}

const unknownOp = (op: string): LogbertError =>
  new LogbertError('BAD_GRAPH', `the reference executor does not know the operator '${op}'`)

const compile = (model: Uint8Array, exact: boolean, { keep = [] }: CompileOptions): Program => {
  const graph = readModel(model)
  for (const { op } of graph.nodes) if (!isOpName(op)) throw unknownOp(op)
  const outputs = graph.outputs.map(({ name }) => name)
  checkFetches(outputs, keep)
  const stored = graph.initializers.map(item => [item.name, toNd(item)] as const)
  const evaluate = async (feeds: Readonly<Record<string, Feed>>, fetches: readonly string[]) => {
    checkFeeds(graph.inputs as Value[], feeds)
    const values = new Map<string, Nd>(stored)
    for (const { name } of graph.inputs) {
      const fed = toNd(await hostTensor(feeds[name]!))
      values.set(name, exact ? fed : round(fed))
    }
    for (const node of graph.nodes) runNode(node, values, exact)
    return Object.fromEntries(fetches.map(name => [name, fromNd(values.get(name)!, exact)]))
  }
  return {
    inputs: graph.inputs.map(({ name }) => name),
    outputs,
    run: async (feeds, fetches) => evaluate(feeds, checkFetches(outputs, fetches)),
    async step(feeds) {
      const results = Object.entries(await evaluate(feeds, outputs))
      const [inside, outside] = [true, false].map(side =>
        results.filter(([name]) => keep.includes(name) === side),
      )
      return {
        outputs: Object.fromEntries(outside!),
        kept: Object.fromEntries(inside!.map(([name, tensor]) => [name, hold(tensor)])),
      }
    },
    async dispose() {},
  }
}

/** Plain arithmetic of the op table: slow, exact, needs nothing. The oracle of the tests. */
export const createReferenceExecutor = (options: ReferenceOptions = {}): Executor => {
  const { precision = 'float32' } = options
  return {
    name: 'reference',
    about: `plain ${precision} arithmetic`,
    compile: async (model, compileOptions = {}) =>
      compile(model, precision === 'float64', compileOptions),
    upload: async tensor => hold(tensor),
  }
}
