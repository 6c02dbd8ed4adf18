import type { KeptTrainRequest, TrainJobResult } from '../api/train-service.ts'
import { LogbertError } from '../core/errors.ts'
import type { Registry } from '../core/store/registry.ts'

/**
 * Offers a published model as candidate, and lets it become `latest` where that was asked for and
 * nothing speaks against it. May be called again for the same model: a restart in between is no
 * matter.
 * @returns whether it is `latest` now, and why
 */
export const promoteByRules = async (
  registry: Registry,
  { promote }: Pick<KeptTrainRequest, 'promote'>,
  result: TrainJobResult,
): Promise<Pick<TrainJobResult, 'promoted' | 'why'>> => {
  const { name, version, why, fit, comparedWith } = result
  const isLatest = async (): Promise<boolean> =>
    (await registry.resolve(name, 'latest')) === version
  if (await isLatest()) return { promoted: true, why }
  await registry.offer(name, version)
  if (promote === 'manual') return { promoted: false, why: `promotion was left to you; ${why}` }
  if (!fit) return { promoted: false, why: `not promoted: ${why}` }
  try {
    await registry.promote(name, version, comparedWith)
    return { promoted: true, why }
  } catch (error) {
    if (!(error instanceof LogbertError) || error.code !== 'CONFLICT') throw error
    if (await isLatest()) return { promoted: true, why }
    return {
      promoted: false,
      why:
        `not promoted: ${await registry.resolve(name, 'latest')} became latest meanwhile, and this ` +
        `one was compared with ${comparedWith ?? 'none'}; promote it by hand if it is better`,
    }
  }
}
