import { LogbertError } from '../../core/errors.ts'
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

/**
 * What to begin with, the best first: the model that was served before, as long as it is there, the
 * latest, and the one before that.
 */
export const modelsToServe = async (
  registry: Registry,
  name: string,
  before: ModelName | undefined,
): Promise<ModelName[]> => {
  const models: ModelName[] = []
  if (before !== undefined) {
    const known = await registry.list(before.name)
    if (known.some(({ manifest }) => manifest.version === before.version)) models.push(before)
  }
  const latest = await wantedModel(registry, name)
  if (latest !== undefined) {
    const version = await registry.resolve(latest.name, 'previous')
    models.push(latest, ...(version === undefined ? [] : [{ name: latest.name, version }]))
  }
  return models.filter((model, i) => models.findIndex(each => sameModel(each, model)) === i)
}

export const sameModel = (a: ModelName | undefined, b: ModelName | undefined): boolean =>
  a?.name === b?.name && a?.version === b?.version

export const wordsOf = (error: unknown): string =>
  error instanceof LogbertError || !(error instanceof Error)
    ? `${(error as Error)?.message ?? error}`
    : (error.stack ?? error.message)
