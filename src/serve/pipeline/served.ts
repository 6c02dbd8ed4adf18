import { LogbertError } from '../../core/errors.ts'
import type { Bundle } from '../../core/store/bundle.ts'
import type { Registry } from '../../core/store/registry.ts'

/** The model that comes with the program, served until there is one of one's own. */
export const DEMO_MODEL = 'demo'

export interface ModelName {
  name: string
  version: string
}

/** What is to be served now: the latest version of this model, or of the one that is shipped. */
export const wantedModel = async (
  registry: Registry,
  name: string,
): Promise<ModelName | undefined> => {
  for (const each of new Set([name, DEMO_MODEL])) {
    const version = await registry.resolve(each, 'latest')
    if (version !== undefined) return { name: each, version }
  }
  return undefined
}

/** A version that may be gone; what else is wrong with it is thrown. */
export const loadIfThere = async (
  registry: Registry,
  { name, version }: ModelName,
): Promise<Bundle | undefined> => {
  const known = (await registry.list(name)).some(({ manifest }) => manifest.version === version)
  return known ? registry.load(name, version) : undefined
}

export const sameModel = (a: ModelName | undefined, b: ModelName | undefined): boolean =>
  a?.name === b?.name && a?.version === b?.version

export const wordsOf = (error: unknown): string =>
  error instanceof LogbertError || !(error instanceof Error)
    ? `${(error as Error)?.message ?? error}`
    : (error.stack ?? error.message)
