import { expect, test } from 'bun:test'
import { createReferenceExecutor } from '../../src/core/exec/reference.ts'
import { ADAMW_DEFAULTS, globalNorm, initAdamW, stepAdamW } from '../../src/core/onnx/adamw.ts'
import { adamWFeeds, appendAdamW } from '../../src/core/onnx/append-adamw.ts'
import { Builder } from '../../src/core/onnx/builder.ts'
import { float32, floatsOf, type Tensor } from '../../src/core/onnx/graph.ts'
import { writeModel } from '../../src/core/onnx/proto.ts'
import { warmupCosine } from '../../src/core/onnx/schedule.ts'

const wave = (count: number, phase: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(phase + i * 1.7))

test('the first step moves every weight by the learning rate against its gradient', () => {
  const params = { w: Float32Array.of(1, -2, 3) }
  const options = { ...ADAMW_DEFAULTS, weightDecay: 0, clipNorm: 0 }
  stepAdamW(params, { w: Float32Array.of(0.5, -4, 2) }, initAdamW(params), 0.1, options)
  expect([...params.w].map(v => Number(v.toFixed(5)))).toEqual([0.9, -1.9, 2.9])
})

test('only parameters that are said to decay shrink without a gradient', () => {
  const params = { matrix: Float32Array.of(2), bias: Float32Array.of(2) }
  const zero = { matrix: Float32Array.of(0), bias: Float32Array.of(0) }
  const options = {
    ...ADAMW_DEFAULTS,
    weightDecay: 0.5,
    decays: (name: string) => name === 'matrix',
  }
  stepAdamW(params, zero, initAdamW(params), 0.1, options)
  expect(params.matrix[0]).toBeCloseTo(1.9, 6)
  expect(params.bias[0]).toBe(2)
})

test('clipping makes a step independent of how long the gradient is', () => {
  const run = (factor: number): number[] => {
    const params = { w: Float32Array.of(1, 1) }
    const state = initAdamW(params)
    const norm = stepAdamW(params, { w: Float32Array.of(3 * factor, 4 * factor) }, state, 0.1)
    expect(norm).toBeCloseTo(5 * factor, 3)
    return [...state.mean.w!].map(v => Number(v.toFixed(6)))
  }
  expect(run(1)).toEqual(run(1000))
  expect(globalNorm([Float32Array.of(3), Float32Array.of(4)])).toBe(5)
})

test('a gradient that is not finite changes nothing', () => {
  const params = { w: Float32Array.of(1) }
  const state = initAdamW(params)
  expect(stepAdamW(params, { w: Float32Array.of(Number.NaN) }, state, 0.1)).toBeNaN()
  expect([params.w[0], state.count, state.mean.w![0]]).toEqual([1, 0, 0])
})

test('AdamW inside the graph takes the same steps as the fused loop', async () => {
  const options = {
    ...ADAMW_DEFAULTS,
    weightDecay: 0.1,
    clipNorm: 0.7,
    decays: (n: string) => n === 'a',
  }
  const b = new Builder('adamw')
  const params = [b.parameter('a', [2, 3]), b.parameter('c', [4])]
  const grads = params.map(p => b.parameter(`g.${p.name}`, p.shape as number[]))
  const { outputs, keep } = appendAdamW(b, params, grads, options)
  const program = await createReferenceExecutor().compile(writeModel(b.model(outputs)), { keep })

  const fused = { a: wave(6, 0), c: wave(4, 1) }
  const state = initAdamW(fused)
  let fed: Record<string, Tensor> = {
    a: float32(wave(6, 0), [2, 3]),
    c: float32(wave(4, 1), [4]),
    'mean.a': float32(new Float32Array(6), [2, 3]),
    'mean.c': float32(new Float32Array(4), [4]),
    'square.a': float32(new Float32Array(6), [2, 3]),
    'square.c': float32(new Float32Array(4), [4]),
  }
  for (let step = 1; step <= 5; step++) {
    const g = { a: wave(6, step), c: wave(4, -step) }
    const norm = stepAdamW(fused, g, state, 0.01 * step, options)
    const results = await program.run({
      ...fed,
      ...adamWFeeds(step, 0.01 * step, options),
      'g.a': float32(g.a, [2, 3]),
      'g.c': float32(g.c, [4]),
    })
    expect(floatsOf(results.norm!)[0]).toBeCloseTo(norm, 5)
    fed = Object.fromEntries(keep.map(name => [name.slice('next.'.length), results[name]!]))
  }
  for (const [name, data] of Object.entries(fused)) {
    floatsOf(fed[name]!).forEach((value, i) => {
      expect(value).toBeCloseTo(data[i]!, 5)
    })
  }
})

test('the rate rises over the warm-up and sinks along a cosine to its floor', () => {
  const rate = warmupCosine({ peak: 1, warmup: 4, total: 14, floor: 0.1 })
  expect([0, 1, 3].map(rate)).toEqual([0.25, 0.5, 1])
  expect(rate(9)).toBeCloseTo(0.55, 9)
  expect(rate(14)).toBeCloseTo(0.1, 9)
  expect(rate(99)).toBeCloseTo(0.1, 9)
})
