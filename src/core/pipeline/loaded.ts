import { LogbertError } from '../errors.ts'
import type { Bundle } from '../store/bundle.ts'
import type { EngineDeps } from './create-engine.ts'
import type { BackendChoice } from './engine.ts'
import { type ModelParts, readModelParts } from './model-parts.ts'
import { type Network, openNetwork } from './network.ts'

/** What all streams of one bundle share: nothing in it depends on what a stream held before. */
export interface Loaded {
  parts: ModelParts
  network: Network | undefined
}

/** Reads a bundle and compiles its network the first time, and gives the same again after that. */
export type Loader = (bundle: Bundle, backend: BackendChoice) => Promise<Loaded>

/** Forgets a bundle when nobody holds it any longer; a load that failed is tried again. */
export const createLoader = (deps: EngineDeps): Loader => {
  const known = new WeakMap<Bundle, Map<BackendChoice, Promise<Loaded>>>()
  return (bundle, backend) => {
    const loads = known.get(bundle) ?? new Map<BackendChoice, Promise<Loaded>>()
    known.set(bundle, loads)
    let loading = loads.get(backend)
    if (loading === undefined) {
      loading = load(bundle, backend, deps)
      loads.set(backend, loading)
      loading.catch(() => loads.delete(backend))
    }
    return loading
  }
}

const load = async (
  { calibration, model, vocab }: Bundle,
  backend: BackendChoice,
  deps: EngineDeps,
): Promise<Loaded> => {
  const parts = readModelParts(calibration)
  if (parts.network === undefined) return { parts, network: undefined }
  if (model !== undefined) {
    const executor = await deps.executor(backend)
    return { parts, network: await openNetwork({ ...parts.network, model, vocab }, executor) }
  }
  throw new LogbertError(
    'BAD_BUNDLE',
    'opening the model failed: its calibration speaks of a network, and model.onnx is not there; ' +
      'copy the bundle again or train again',
  )
}
