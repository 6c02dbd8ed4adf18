import { expect, test } from 'bun:test'
import { LogbertError } from '../../src/core/errors.ts'
import { createReferenceExecutor } from '../../src/core/exec/reference.ts'
import { createWasmExecutor } from '../../src/core/exec/wasm.ts'
import { Builder } from '../../src/core/onnx/builder.ts'
import { float32, floatsOf, int64 } from '../../src/core/onnx/graph.ts'
import { writeModel } from '../../src/core/onnx/proto.ts'
import { readModel } from '../../src/core/onnx/read-proto.ts'
import { buildTransformer } from './transformer.ts'

const message = (f: () => unknown): string => {
  try {
    f()
  } catch (error) {
    expect(error).toBeInstanceOf(LogbertError)
    expect((error as LogbertError).code).toBe('BAD_GRAPH')
    return (error as Error).message
  }
  throw new Error('nothing was thrown')
}

test('operands that do not fit are refused with their names, shapes and a wish', () => {
  const b = new Builder('refused')
  const x = b.input('x', 'float32', ['batch', 3])
  const w = b.parameter('w', [4, 2])
  const ids = b.input('ids', 'int64', [3])
  expect(message(() => b.matmul(x, w))).toBe(
    'cannot apply MatMul to (x float32[batch, 3], w float32[4, 2]): ' +
      'float32[…, m, k] and float32[…, k, n] are wanted',
  )
  expect(message(() => b.add(x, w))).toContain('must be equal or 1')
  expect(message(() => b.add(x, ids))).toContain('cast one to the type of the other')
  expect(message(() => b.reshape(w, [3, -1]))).toContain('must hold as many elements')
  expect(message(() => b.transpose(w, [0, 0]))).toContain('must name each axis once')
  expect(message(() => b.reduceSum(w, [2]))).toContain('axis 2 lies outside a tensor of rank 2')
  expect(message(() => b.sqrt(ids))).toContain('it takes float32')
})

test('named sizes pass through products, reshapes and broadcasts', () => {
  const b = new Builder('named')
  const x = b.input('x', 'float32', ['batch', 'length', 6])
  const flat = b.reshape(x, [-1, 6])
  expect(flat.shape).toEqual(['batch*length', 6])
  expect(b.reshapeLike(flat, x).shape).toEqual(['batch', 'length', 6])
  expect(b.reshape(x, ['batch', 'length', 2, 3]).shape).toEqual(['batch', 'length', 2, 3])
  expect(b.matmul(x, b.transposeLast(x)).shape).toEqual(['batch', 'length', 'length'])
  expect(b.reduceSum(x, [1], { keepdims: 0 }).shape).toEqual(['batch', 6])
  expect(b.add(x, b.parameter('bias', [6])).shape).toEqual(['batch', 'length', 6])
})

test('a name can be taken once', () => {
  const b = new Builder('names')
  const x = b.parameter('x', [1])
  expect(message(() => b.parameter('x', [2]))).toContain("cannot name a value 'x'")
  expect(message(() => b.model({ x: b.neg(x) }))).toContain('not yet taken')
})

test('what no output needs is left out of the model, and one value may have two names', async () => {
  const b = new Builder('pruned')
  const x = b.parameter('x', [2])
  b.exp(b.mul(x, 7))
  const y = b.add(x, 1)
  const model = b.model({ y, again: y, input: x })
  expect(model.nodes.map(({ op }) => op)).toEqual(['Add', 'Identity', 'Identity'])
  expect(model.initializers.length).toBe(1)
  const program = await createReferenceExecutor().compile(writeModel(model))
  const results = await program.run({ x: float32([1, 2], [2]) })
  expect(Object.entries(results).map(([name, t]) => [name, ...floatsOf(t)])).toEqual([
    ['y', 2, 3],
    ['again', 2, 3],
    ['input', 1, 2],
  ])
})

test('a model is read back as it was written', () => {
  const { b, loss } = buildTransformer({
    vocabulary: 7,
    hidden: 4,
    layers: 1,
    heads: 2,
    inner: 8,
    batch: 'batch',
    length: 3,
  })
  const stored = b.initializer('stored', int64([-1, 2 ** 40], [2]))
  const model = b.model({ loss, twice: b.add(stored, stored) })
  const { metadata, ...back } = readModel(writeModel(model, { kind: 'test', note: 'ä' }))
  expect(metadata).toEqual({ kind: 'test', note: 'ä' })
  const plain = (value: unknown) =>
    JSON.parse(
      JSON.stringify(value, (_, v) =>
        typeof v === 'bigint' ? `${v}` : typeof v === 'number' ? Math.fround(v) : v,
      ),
    )
  expect(plain(back.nodes)).toEqual(plain(model.nodes))
  expect(plain(back.inputs)).toEqual(plain(model.inputs))
  expect(plain(back.outputs)).toEqual(plain(model.outputs))
  expect(plain(back.initializers)).toEqual(plain(model.initializers))
})

test('a truncated or foreign model is refused on every backend', async () => {
  const b = new Builder('cut')
  const model = writeModel(b.model({ y: b.neg(b.parameter('x', [2])) }))
  for (const executor of [createReferenceExecutor(), await createWasmExecutor()]) {
    for (const bytes of [model.subarray(0, 40), new TextEncoder().encode('no model at all')]) {
      const fault = await executor.compile(bytes).catch((error: unknown) => error)
      expect(fault, `${executor.name} ${bytes.length}`).toBeInstanceOf(LogbertError)
    }
  }
  expect(() => readModel(model.subarray(0, 40))).toThrow(/truncated or is not ONNX/)
  expect(() => readModel(new Uint8Array(0))).toThrow(/it holds no graph/)
})
