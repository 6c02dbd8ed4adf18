import { LogbertError } from '../../core/errors.ts'
import { createParser } from '../../core/parse/parser.ts'
import { readParserSnapshot } from '../../core/parse/parser-snapshot.ts'
import { readModelParts } from '../../core/pipeline/model-parts.ts'
import { parserOptions } from '../../core/pipeline/parser-options.ts'
import { withLines } from '../../core/rca/cited-lines.ts'
import type { RcaModel } from '../../core/rca/model.ts'
import { analyse, eventsOfLines } from '../../core/rca/rca.ts'
import type { CitedLine, RcaReport } from '../../core/rca/types.ts'
import type { Bundle } from '../../core/store/bundle.ts'
import { createRegistry, type Registry } from '../../core/store/registry.ts'
import { cachedModels } from '../model-store.ts'
import type { CauseAnswer, CauseQuestion } from './protocol.ts'

declare const self: Worker

/** One model at hand: incidents come in bursts. */
let latest: { key: string; bundle: Promise<Bundle> } | undefined
let registry: Registry | undefined

const bundleOf = ({ place, model }: CauseQuestion): Promise<Bundle> => {
  registry ??= createRegistry(cachedModels(place, {}))
  const key = `${model.name}@${model.version}`
  if (latest?.key !== key) latest = { key, bundle: registry.load(model.name, model.version) }
  latest.bundle.catch(() => {
    latest = undefined
  })
  return latest.bundle
}

const find = async (
  asked: CauseQuestion,
): Promise<(RcaReport & { lines: CitedLine[] }) | undefined> => {
  const bundle = await bundleOf(asked)
  if (bundle.rca === undefined) return undefined
  const model = bundle.rca as RcaModel
  const { parse } = readModelParts(bundle.calibration)
  const parser = createParser(
    { ...parserOptions(parse), mode: 'extend' },
    readParserSnapshot(bundle.templates),
  )
  const { reading, services } = model
  const how = reading === undefined ? {} : { learned: { reading, services } }
  const { start, to = Infinity } = asked.stretch
  // Trouble that is looked into at once ends with the latest line: nothing is silent until `to`.
  const events = eventsOfLines(asked.lines, parser, how).filter(({ at }) => at <= to)
  const report = analyse(model, events, start === undefined ? {} : { start })
  const { lines, left, notes } = report.cut
  const cut = {
    lines: lines + asked.left,
    left: left + asked.left,
    notes: [...notes, ...asked.notes],
  }
  return withLines({ ...report, cut }, events)
}

if (!Bun.isMainThread) {
  self.onmessage = async ({ data }: MessageEvent<CauseQuestion>) => {
    const { id } = data
    try {
      const report = await find(data)
      self.postMessage({ id, ...(report && { report }) } satisfies CauseAnswer)
    } catch (error) {
      const code = error instanceof LogbertError ? { code: error.code } : {}
      const message = error instanceof Error ? error.message : `${error}`
      self.postMessage({ id, ...code, message } satisfies CauseAnswer)
    }
  }
}
