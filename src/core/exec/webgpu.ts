import type * as Ort from 'onnxruntime-web'
import { LogbertError } from '../errors.ts'
import type { Tensor } from '../onnx/graph.ts'
import type { Executor } from './executor.ts'
import { createOrtExecutor } from './ort.ts'

export interface WebGpuOptions {
  /**
   * Puts `navigator.gpu` in place where the runtime does not have it by itself; throws
   * BACKEND_ABSENT with what to do where it cannot. Comes from the platform.
   */
  installGpu?: () => Promise<void>
  /** Whether a GPU imitated by the processor will do (default): right, and very slow. */
  software?: boolean
  /** Folder URL of onnxruntime-web's wasm files, where a bundler has moved them (`/ort/`). */
  wasmPaths?: string
}

/** The little of WebGPU that is used here; not every runtime's types have it. */
interface Gpu {
  requestAdapter(): Promise<{ info: AdapterInfo } | null>
}

interface AdapterInfo {
  vendor: string
  description: string
  isFallbackAdapter?: boolean
}

interface GpuDevice {
  createBuffer(options: { size: number; usage: number }): Ort.Tensor.GpuBufferType
  queue: { writeBuffer(buffer: unknown, offset: number, data: ArrayBufferView): void }
}

/** GPUBufferUsage COPY_SRC | COPY_DST | STORAGE (https://www.w3.org/TR/webgpu/#buffer-usage). */
const USAGE = 0x04 | 0x08 | 0x80

const absent = (why: string, cause?: unknown): LogbertError =>
  new LogbertError('BACKEND_ABSENT', `the webgpu backend cannot start: ${why}`, { cause })

const adapterName = async (software: boolean): Promise<string> => {
  const { gpu } = (globalThis.navigator ?? {}) as { gpu?: Gpu }
  if (gpu === undefined) throw absent('this runtime has no navigator.gpu: pick wasm')
  const adapter = await gpu.requestAdapter()
  if (adapter === null)
    throw absent('no graphics driver (Vulkan, Metal, D3D12) answers: install one')
  if (!software && adapter.info.isFallbackAdapter === true) {
    throw absent(
      `only an imitated GPU (${adapter.info.description}) answers: name webgpu to use it`,
    )
  }
  return adapter.info.description || adapter.info.vendor || 'unnamed adapter'
}

/** Copies a tensor into a buffer of the device that onnxruntime computes on. */
const upload = async (ort: typeof Ort, { dtype, shape, data }: Tensor): Promise<Ort.Tensor> => {
  const device = (await ort.env.webgpu.device) as unknown as GpuDevice
  const bytes = new Uint8Array(Math.ceil(data.byteLength / 16) * 16)
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  const gpuBuffer = device.createBuffer({ size: bytes.length, usage: USAGE })
  device.queue.writeBuffer(gpuBuffer, 0, bytes)
  return ort.Tensor.fromGpuBuffer(gpuBuffer, {
    dataType: dtype,
    dims: [...shape],
    dispose: () => (gpuBuffer as unknown as { destroy(): void }).destroy(),
  })
}

/** onnxruntime-web on WebGPU; tensors can stay on the device between runs. */
export const createWebGpuExecutor = async (options: WebGpuOptions = {}): Promise<Executor> => {
  await options.installGpu?.()
  const adapter = await adapterName(options.software ?? true)
  const ort = await import('onnxruntime-web/webgpu').catch((cause: unknown) => {
    throw absent('onnxruntime-web does not load: run `bun install`', cause)
  })
  // The work is on the device; more wasm threads would only wait.
  ort.env.wasm.numThreads = 1
  ort.env.logLevel = 'error'
  if (options.wasmPaths !== undefined) ort.env.wasm.wasmPaths = options.wasmPaths
  return createOrtExecutor({
    name: 'webgpu',
    about: `onnxruntime-web ${ort.env.versions.web} webgpu on ${adapter}`,
    ort,
    session: { executionProviders: ['webgpu'], graphOptimizationLevel: 'all', logSeverityLevel: 3 },
    device: { location: 'gpu-buffer', upload: tensor => upload(ort, tensor) },
  })
}
