import type { ExecutorDeps } from '../core/exec/choose.ts'

/** What a browser tab brings to run models: WebGPU as it is, wasm files served under /ort/. */
export const executorDeps: ExecutorDeps = {
  wasmPaths: '/ort/',
  loadWasm: () => import('onnxruntime-web/wasm'),
}
