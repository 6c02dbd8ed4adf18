import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { LogbertError } from '../../src/core/errors.ts'
import { chooseExecutor } from '../../src/core/exec/choose.ts'
import type { Backend, Executor } from '../../src/core/exec/executor.ts'
import { LOGBERT_DEFAULTS } from '../../src/core/logbert/config.ts'
import { Builder } from '../../src/core/onnx/builder.ts'
import { float32 } from '../../src/core/onnx/graph.ts'
import { writeModel } from '../../src/core/onnx/proto.ts'
import { executorDeps } from '../../src/platform/bun.ts'
import type { Bench } from './bench.ts'
import { pythonWith } from './peers/python.ts'
import { openTraining } from './training.ts'

const VOCABULARY = 200
const BATCH = 32
const LENGTH = 20
const ROUNDS = 3
const SECONDS = 3

interface Size {
  hidden: number
  layers: number
  heads: number
  inner: number
}

/** One that keeps a processor busy, and the default model. */
const sizes: Size[] = [{ hidden: 256, layers: 4, heads: 4, inner: 1024 }, LOGBERT_DEFAULTS]

/** What one backend reaches: the best of all rounds, since other work only ever slows it down. */
interface Speed {
  name: string
  about: string
  gflops: number
  tokensPerSecond: number[]
}

/** Shortest time of a call in milliseconds, within a time limit and at least two calls. */
const bestOf = async (run: () => Promise<unknown>, seconds: number): Promise<number> => {
  const end = performance.now() + seconds * 1000
  let best = Number.POSITIVE_INFINITY
  for (let calls = 0; calls < 2 || performance.now() < end; calls++) {
    const start = performance.now()
    await run()
    best = Math.min(best, performance.now() - start)
  }
  return best
}

const peak = async (executor: Executor, n = 1024): Promise<number> => {
  const b = new Builder('peak')
  const product = b.matmul(b.parameter('x', [n, n]), b.parameter('y', [n, n]))
  const model = writeModel(b.model({ top: b.reduceMax(product, [0, 1]) }))
  const program = await executor.compile(model)
  const x = float32(new Float32Array(n * n).fill(0.1), [n, n])
  const millis = await bestOf(() => program.run({ x, y: x }), 0.5)
  await program.dispose()
  return (2 * n ** 3) / millis / 1e6
}

const trainingSpeed = async (executor: Executor, size: Size): Promise<number> => {
  const { hidden, layers, heads, inner } = size
  const loop = await openTraining(executor, {
    ...{ hidden, layers, heads, inner },
    vocabulary: VOCABULARY,
    batch: BATCH,
    length: LENGTH,
  })
  const millis = await bestOf(loop.step, SECONDS)
  await loop.dispose()
  return (BATCH * LENGTH * 1000) / millis
}

const isSoftware = (about: string): boolean => /swiftshader|llvmpipe/i.test(about)

const ownRound = async (backend: Backend, threads: number): Promise<Speed> => {
  const { executor } = await chooseExecutor(backend, { ...executorDeps, threads })
  const { about } = executor
  // A GPU in software would need minutes for the large model.
  const chosen = isSoftware(about) ? sizes.slice(1) : sizes
  const speeds = sizes.map(() => Number.NaN)
  for (const size of chosen) speeds[sizes.indexOf(size)] = await trainingSpeed(executor, size)
  return { name: backend, about, gflops: await peak(executor), tokensPerSecond: speeds }
}

const torchRound = (python: string, threads: number): Speed => {
  const script = join(import.meta.dir, 'peers/torch_train.py')
  const shapes = sizes.map(s => [s.hidden, s.layers, s.heads, s.inner].join(':'))
  const words = [threads, SECONDS, VOCABULARY, BATCH, LENGTH, ...shapes].map(String)
  const { stdout, stderr, success } = Bun.spawnSync([python, script, ...words])
  if (!success) throw new Error(`torch_train.py fails: ${stderr}`)
  const result = JSON.parse(stdout.toString()) as Omit<Speed, 'name' | 'about'> & {
    version: string
  }
  return { name: 'pytorch', about: `PyTorch ${result.version} eager, fused AdamW`, ...result }
}

const better = (a: Speed | undefined, b: Speed): Speed => ({
  ...b,
  gflops: Math.max(a?.gflops ?? 0, b.gflops),
  tokensPerSecond: b.tokensPerSecond.map((speed, i) =>
    Math.max(a?.tokensPerSecond[i] ?? speed, speed),
  ),
})

const show = (speeds: Speed[]): void => {
  const torch = speeds.find(({ name }) => name === 'pytorch')
  const cell = (value: number) =>
    Number.isNaN(value) ? '–' : Math.round(value).toLocaleString('en')
  const titles = sizes.map(({ hidden, layers }) => `${hidden} × ${layers} tokens/s`)
  console.log(`| backend | MatMul GFLOP/s | ${titles.join(' | × PyTorch | ')} | × PyTorch |`)
  console.log(`|---|---|${sizes.map(() => '---|---|').join('')}`)
  for (const { name, gflops, tokensPerSecond } of speeds) {
    const cells = tokensPerSecond.flatMap((speed, i) => [
      cell(speed),
      torch === undefined || Number.isNaN(speed)
        ? '–'
        : (speed / torch.tokensPerSecond[i]!).toFixed(2),
    ])
    console.log(`| ${name} | ${Math.round(gflops)} | ${cells.join(' | ')} |`)
  }
  for (const { name, about } of speeds) console.log(`${name}: ${about}`)
}

export const bench: Bench = {
  name: 'engine',
  about:
    'training tokens/s and peak MatMul of each backend, beside PyTorch; args: backends, threads=N',
  async run(args) {
    const threadsArg = args.find(arg => arg.startsWith('threads='))
    const threads = Number(threadsArg?.slice('threads='.length) ?? availableParallelism())
    const named = args.filter(arg => arg !== threadsArg) as Backend[]
    const backends: Backend[] = named.length > 0 ? named : ['wasm', 'native', 'webgpu']
    const { python, how } = pythonWith('torch')
    const found = new Map<string, Speed>()
    const record = (speed: Speed) => found.set(speed.name, better(found.get(speed.name), speed))
    console.log(`${threads} threads, batch ${BATCH} × ${LENGTH}, best step of ${ROUNDS} rounds\n`)
    for (let round = 0; round < ROUNDS; round++) {
      for (const backend of backends) {
        try {
          record(await ownRound(backend, threads))
        } catch (error) {
          if (!(error instanceof LogbertError) || error.code !== 'BACKEND_ABSENT') throw error
          if (round === 0) console.log(`${backend} is left out: ${error.message}\n`)
        }
      }
      if (python !== undefined) record(torchRound(python, threads))
    }
    show([...found.values()])
    if (python === undefined) console.log(`PyTorch is left out: it is not installed: run ${how}`)
  },
}
