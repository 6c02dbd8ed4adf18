import { createSimulator } from '../../src/core/simulator/simulator.ts'
import type { Bundle, BundleDraft } from '../../src/core/store/bundle.ts'
import type { Registry } from '../../src/core/store/registry.ts'
import type { LogLine } from '../../src/core/types.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** The same model, made so many hours later: another version of it. */
export const draftOf = (bundle: Bundle, hours = 0): BundleDraft => {
  const { name, training, config, created } = bundle.manifest
  const parts = { templates: bundle.templates, vocab: bundle.vocab }
  return {
    ...{ name, training, config, ...parts, calibration: bundle.calibration },
    ...(bundle.model && { model: bundle.model }),
    ...(bundle.rca !== undefined && { rca: bundle.rca }),
    created: Date.parse(created) + HOUR * hours,
  }
}

/** Publishes a version and makes it the latest; gives its id. */
export const publishVersion = async (
  registry: Registry,
  bundle: Bundle,
  hours = 0,
): Promise<string> => {
  const { name, version } = await registry.publish(draftOf(bundle, hours))
  await registry.promote(name, version)
  return version
}

/** What the shop writes fifty minutes later: by event time, what was before it is over. */
export const later = (lines: readonly LogLine[], count = 300): LogLine[] => {
  const start = lines.at(-1)!.arrived + 50 * MINUTE
  const simulator = createSimulator({ seed: 9, start, ratePerSecond: 3 })
  return Array.from({ length: count }, () => simulator.next().line)
}
