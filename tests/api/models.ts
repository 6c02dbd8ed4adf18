import { memoryStore } from '../../src/core/store/byte-store.ts'
import { createRegistry, type Registry } from '../../src/core/store/registry.ts'

export interface Models {
  registry: Registry
  /** Served, offered, and one whose vocabulary is another than its manifest says. */
  latest: string
  candidate: string
  damaged: string
}

/** Three versions of the model `default`. */
export const createModels = async (): Promise<Models> => {
  const store = memoryStore()
  const registry = createRegistry(store)
  const publish = async (created: number): Promise<string> => {
    const parts = { templates: { created }, vocab: {}, calibration: {}, training: {}, config: {} }
    return (await registry.publish({ name: 'default', ...parts, created })).version
  }
  const [latest, candidate, damaged] = [
    await publish(1e12),
    await publish(2e12),
    await publish(15e11),
  ]
  await registry.promote('default', latest)
  await registry.offer('default', candidate)
  await store.write(`default/${damaged}/vocab.json`, new TextEncoder().encode('{"odd":1}\n'))
  return { registry, latest, candidate, damaged }
}
