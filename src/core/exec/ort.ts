import type * as Ort from 'onnxruntime-web'
import { LogbertError } from '../errors.ts'
import type { DType, Tensor, TensorData, Value } from '../onnx/graph.ts'
import type { Backend, CompileOptions, Executor, Feed, Program, Resident } from './executor.ts'
import { isResident } from './executor.ts'
import { checkFeeds, checkFetches } from './feeds.ts'

/** The part of onnxruntime's JavaScript API that is used here; its web and node packages share it. */
export type OrtModule = Pick<typeof Ort, 'InferenceSession' | 'Tensor' | 'env'>

export interface OrtBackend {
  name: Backend
  about: string
  ort: OrtModule
  session: Ort.InferenceSession.SessionOptions
  /** Set where tensors can stay in device memory; else `Resident` is host memory. */
  device?: {
    location: 'gpu-buffer'
    upload(tensor: Tensor): Promise<Ort.Tensor>
  }
}

const resident = (tensor: Ort.Tensor): OrtResident => ({
  tensor,
  dtype: tensor.type as DType,
  shape: tensor.dims,
  async read() {
    const data = (await tensor.getData()) as TensorData
    return { dtype: tensor.type as DType, shape: tensor.dims, data }
  },
  dispose: () => tensor.dispose(),
})

/** A `Resident` of this file; others are read to the host first. */
interface OrtResident extends Resident {
  tensor: Ort.Tensor
}

const isOwn = (feed: Feed): feed is OrtResident => 'tensor' in feed

const fromOrt = (tensor: Ort.Tensor): Tensor => ({
  dtype: tensor.type as DType,
  shape: tensor.dims,
  data: tensor.data as TensorData,
})

const refused = (backend: Backend, cause: unknown): LogbertError =>
  new LogbertError(
    'BAD_GRAPH',
    `the ${backend} backend refuses the model: ${cause instanceof Error ? cause.message : cause}`,
    { cause },
  )

const signature = (session: Ort.InferenceSession): Value[] =>
  session.inputMetadata.map(item => {
    if (!item.isTensor) throw new TypeError(`input '${item.name}' is no tensor`)
    return { name: item.name, dtype: item.type as DType, shape: item.shape }
  })

/**
 * onnxruntime-web, when it starts its threads, puts Node's Worker in place of the runtime's own for
 * everybody (its threads then have theirs): puts it back.
 */
const keepingWorker = async <T>(call: () => Promise<T>): Promise<T> => {
  const { Worker: own } = globalThis
  try {
    return await call()
  } finally {
    if (globalThis.Worker !== own) globalThis.Worker = own
  }
}

/** Runs calls one after the other: onnxruntime-web's module does not bear overlapping ones. */
const createQueue = (): (<T>(call: () => Promise<T>) => Promise<T>) => {
  let last: Promise<unknown> = Promise.resolve()
  return call => {
    const next = last.then(call)
    last = next.catch(() => {})
    return next
  }
}

/** Executor on an onnxruntime module; the backends differ only in the options handed in here. */
export const createOrtExecutor = (backend: OrtBackend): Executor => {
  const { name, about, ort, device } = backend
  const toOrt = async (feed: Feed): Promise<Ort.Tensor> => {
    if (isResident(feed)) return isOwn(feed) ? feed.tensor : toOrt(await feed.read())
    return new ort.Tensor(feed.dtype, feed.data as Float32Array, feed.shape)
  }
  const open = async (model: Uint8Array, { keep = [], dims }: CompileOptions) => {
    const options: Ort.InferenceSession.SessionOptions = { ...backend.session }
    if (dims !== undefined) options.freeDimensionOverrides = dims
    if (device !== undefined && keep.length > 0) {
      options.preferredOutputLocation = Object.fromEntries(
        keep.map(output => [output, device.location]),
      )
    }
    try {
      return await keepingWorker(() => ort.InferenceSession.create(model, options))
    } catch (cause) {
      throw refused(name, cause)
    }
  }
  const inTurn = createQueue()
  const compile = async (model: Uint8Array, options: CompileOptions = {}): Promise<Program> => {
    const { keep = [] } = options
    const session = await inTurn(() => open(model, options))
    const inputs = signature(session)
    const outputs = session.outputNames
    checkFetches(outputs, keep)
    const evaluate = async (
      feeds: Readonly<Record<string, Feed>>,
      fetches: readonly string[],
    ): Promise<[string, Ort.Tensor][]> => {
      checkFeeds(inputs, feeds)
      const fed: Record<string, Ort.Tensor> = {}
      for (const input of inputs) fed[input.name] = await toOrt(feeds[input.name]!)
      const results = await inTurn(() => session.run(fed, fetches))
      return fetches.map(output => [output, results[output] as Ort.Tensor])
    }
    return {
      inputs: inputs.map(input => input.name),
      outputs,
      async run(feeds, fetches) {
        const results: Record<string, Tensor> = {}
        for (const [output, tensor] of await evaluate(feeds, checkFetches(outputs, fetches))) {
          const held = resident(tensor)
          results[output] = tensor.location === 'cpu' ? fromOrt(tensor) : await held.read()
          if (tensor.location !== 'cpu') held.dispose()
        }
        return results
      },
      async step(feeds) {
        const results = await evaluate(feeds, outputs)
        const side = (inside: boolean) =>
          results.filter(([output]) => keep.includes(output) === inside)
        return {
          outputs: Object.fromEntries(side(false).map(([key, tensor]) => [key, fromOrt(tensor)])),
          kept: Object.fromEntries(side(true).map(([key, tensor]) => [key, resident(tensor)])),
        }
      },
      dispose: () => inTurn(() => session.release()),
    }
  }
  return {
    name,
    about,
    compile,
    upload: async tensor =>
      resident(await (device === undefined ? toOrt(tensor) : device.upload(tensor))),
  }
}
