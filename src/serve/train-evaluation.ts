import type { TrainJobResult } from '../api/train-service.ts'
import { readLogFiles } from '../cli/log-files.ts'
import { LogbertError } from '../core/errors.ts'
import { corpusOfLines, corpusOfRows } from '../core/evaluate/corpus.ts'
import {
  compareHeldOut,
  type HeldOut,
  judgeHeldOut,
  withBudget,
} from '../core/evaluate/held-out.ts'
import { evaluateLabelled, type LabelledEvaluation } from '../core/evaluate/labelled.ts'
import type { EventRow } from '../core/input/event-rows.ts'
import { readLabels } from '../core/input/labels.ts'
import { createLineStats } from '../core/input/line-splitter.ts'
import type { Engine, LearnProgress, SessionVerdict } from '../core/pipeline/engine.ts'
import type { Bundle, BundleDraft } from '../core/store/bundle.ts'
import { memoryStore } from '../core/store/byte-store.ts'
import { createRegistry, type Registry } from '../core/store/registry.ts'
import type { LogLine } from '../core/types.ts'
import { openTrainInput, partOf } from './train-input.ts'
import type { TrainPlan } from './train-plan.ts'
import type { TrainTask } from './train-task.ts'

interface EvaluationDeps {
  draft: BundleDraft
  registry: Registry
  engine: Engine
  tell(progress: LearnProgress): void
}

/** What was found, for the manifest, and what follows from it. */
export type DraftEvaluation = Required<
  Pick<TrainJobResult, 'evaluation' | 'comparedWith' | 'fit' | 'why'>
>

/** Labels are told of sessions: they take all lines in memory. */
const MOST_LABELLED = 2_000_000

/** Judges what was held out by the new model and by the one that is `latest`, and compares them. */
export const evaluateDraft = async (
  task: TrainTask,
  plan: TrainPlan,
  deps: EvaluationDeps,
): Promise<DraftEvaluation> => {
  const { draft, registry, engine, tell } = deps
  const { name, budget } = task.options
  const labels = task.labels === undefined ? undefined : await readLabelFile(task.labels)
  const heldOut = await heldOutOf(task, plan)
  const judge = async (bundle: Bundle): Promise<SessionVerdict[]> => {
    const model = await engine.open(bundle, { drift: false, explain: false, backend: plan.backend })
    return judgeHeldOut(model, heldOut)
  }
  const normal = (verdicts: readonly SessionVerdict[]): SessionVerdict[] =>
    verdicts.filter(({ session }) => labels?.get(session) !== true)

  tell({ phase: 'evaluating', note: 'the new model on what was held out' })
  const verdicts = plan.cut < plan.total ? await judge(await bundleOf(draft)) : []
  const latest = (await registry.resolve(name, 'latest')) ?? null
  tell({ phase: 'evaluating', note: 'the latest model on the same' })
  const other = latest === null ? undefined : await latestOf(registry, name, latest, draft)
  const compared =
    other === undefined || 'unfit' in other || verdicts.length === 0
      ? compareHeldOut(normal(verdicts))
      : compareHeldOut(normal(verdicts), {
          version: latest!,
          verdicts: normal(await judge(withBudget(other.bundle, budget))),
        })
  const labelled = labels && (await labelledOf(task, plan, labels, verdicts))
  const unfit = other !== undefined && 'unfit' in other ? other : undefined
  return {
    evaluation: { heldOut: compared, ...(labelled !== undefined && { labelled }) },
    comparedWith: latest,
    fit: !compared.worse && unfit?.otherInput !== true,
    why: unfit === undefined ? compared.why : `${compared.why}: ${unfit.unfit}`,
  }
}

const bundleOf = async (draft: BundleDraft): Promise<Bundle> => {
  const memory = createRegistry(memoryStore())
  const { name, version } = await memory.publish(draft)
  return memory.load(name, version)
}

/** The model that is served, or why it cannot be asked. */
const latestOf = async (
  registry: Registry,
  name: string,
  version: string,
  draft: BundleDraft,
): Promise<{ bundle: Bundle } | { unfit: string; otherInput: boolean }> => {
  try {
    const bundle = await registry.load(name, version)
    const [own, other] = [draft.calibration, bundle.calibration].map(inputOf)
    if (own === other) return { bundle }
    const unfit = `latest (${version}) takes ${other}, and this one ${own}`
    return { unfit, otherInput: true }
  } catch (error) {
    if (!(error instanceof LogbertError)) throw error
    return { unfit: `latest (${version}) cannot be read: ${error.message}`, otherInput: false }
  }
}

const inputOf = (calibration: unknown): string =>
  `${(calibration as { input?: unknown } | null)?.input}`

/** As many lines before tell which sessions had begun already. */
const heldOutOf = async (task: TrainTask, plan: TrainPlan): Promise<HeldOut> => {
  const input = await openTrainInput(task.input, plan.format, silent())
  const { cut, total } = plan
  if (plan.format === 'events') return { open: () => partOf(input, cut, total), from: 0 }
  const first = Math.max(0, cut - (total - cut))
  return { open: () => partOf(input, first, total), from: cut + 1 }
}

const silent = () => ({ stats: createLineStats() })

const readLabelFile = async (path: string): Promise<Map<string, boolean>> => {
  const lines: string[] = []
  for await (const batch of readLogFiles([path])) {
    for (const { text } of batch.lines) lines.push(text)
  }
  return readLabels(lines, path)
}

/** Labels that fit nothing end no training: their figures are left out, with the reason. */
const labelledOf = async (
  { input: place, options }: TrainTask,
  { format, cut, total }: TrainPlan,
  labels: ReadonlyMap<string, boolean>,
  verdicts: readonly SessionVerdict[],
): Promise<LabelledEvaluation> => {
  const none = (note: string) => ({ test: { normal: 0, odd: 0 }, results: {}, note })
  if (total > MOST_LABELLED) {
    return none(`labels need all of the input in memory: ${total} are more than ${MOST_LABELLED}`)
  }
  try {
    const input = partOf(await openTrainInput(place, format, silent()), 0, total)
    const { header, timeZone, masks } = options
    const parse = {
      ...(header !== undefined && { header }),
      ...(timeZone !== undefined && { timeZone }),
      ...(masks !== undefined && { masks }),
    }
    const corpus =
      input.format === 'lines'
        ? corpusOfLines(await all<LogLine>(input.open()), labels, options.session, parse)
        : corpusOfRows(await all<EventRow>(input.open()), labels, 'input')
    return evaluateLabelled(corpus, verdicts, { from: cut + 1, budget: options.budget })
  } catch (error) {
    if (!(error instanceof LogbertError)) throw error
    return none(error.message)
  }
}

const all = async <T>(batches: AsyncIterable<T[]>): Promise<T[]> => {
  const list: T[] = []
  for await (const batch of batches) for (const each of batch) list.push(each)
  return list
}
