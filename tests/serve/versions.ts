import type { Bundle, BundleDraft } from '../../src/core/store/bundle.ts'
import type { Registry } from '../../src/core/store/registry.ts'
import type { LogLine } from '../../src/core/types.ts'

const HOUR = 3_600_000

/** The same model, made so many hours later: another version of it. */
export const draftOf = (bundle: Bundle, hours = 0): BundleDraft => {
  const { name, training, config, created } = bundle.manifest
  const parts = { templates: bundle.templates, vocab: bundle.vocab }
  return {
    ...{ name, training, config, ...parts, calibration: bundle.calibration },
    ...(bundle.model && { model: bundle.model }),
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

/** A line that came two hours after the last one: by event time, everything before it is over. */
export const endOf = (lines: readonly LogLine[]): LogLine => ({
  text: 'all is well',
  source: 'end',
  arrived: lines.at(-1)!.arrived + 2 * HOUR,
})
