import type { Tensor } from '../onnx/graph.ts'

export type Backend = 'reference' | 'wasm' | 'webgpu' | 'native'

/** A tensor that lies where the backend computes; feed it to `run` without a copy. */
export interface Resident {
  readonly dtype: Tensor['dtype']
  readonly shape: readonly number[]
  /** Copies it to host memory. */
  read(): Promise<Tensor>
  /** Frees it; feeding or reading it afterwards throws. */
  dispose(): void
}

export type Feed = Tensor | Resident

export interface CompileOptions {
  /** Outputs that stay on the device: `step` gives them as `Resident`. */
  keep?: readonly string[]
  /** Fixes named sizes, which lets the backend plan its memory ahead. */
  dims?: Readonly<Record<string, number>>
}

export interface StepResult {
  outputs: Record<string, Tensor>
  /** The outputs named in `keep`; the caller disposes of them. */
  kept: Record<string, Resident>
}

/** A compiled model. Runs that overlap are done one after the other. */
export interface Program {
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /**
   * Runs the graph on `feeds` (each input by name) and gives `fetches` (default: all outputs) in
   * host memory. Throws BAD_GRAPH where a feed is missing or does not fit.
   */
  run(
    feeds: Readonly<Record<string, Feed>>,
    fetches?: readonly string[],
  ): Promise<Record<string, Tensor>>
  /** As `run`, with the outputs of `keep` left on the device. */
  step(feeds: Readonly<Record<string, Feed>>): Promise<StepResult>
  dispose(): Promise<void>
}

/** Runs ONNX models on one backend. */
export interface Executor {
  readonly name: Backend
  /** Version, threads or adapter, for logs and reports. */
  readonly about: string
  /** Reads a model of `writeModel`. Throws BAD_GRAPH where the backend refuses it. */
  compile(model: Uint8Array, options?: CompileOptions): Promise<Program>
  /** Copies a tensor to where the backend computes. */
  upload(tensor: Tensor): Promise<Resident>
}

export const isResident = (feed: Feed): feed is Resident => 'read' in feed
