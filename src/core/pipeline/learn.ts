import type { Detector } from '../detect/detector.ts'
import { fitDetector } from '../detect/fit-detector.ts'
import type { SequenceSet } from '../sequence/sequence-set.ts'
import { createVocab } from '../sequence/vocab.ts'
import { type BundleDraft, checkName } from '../store/bundle.ts'
import { sha256 } from '../store/sha256.ts'
import type { Session } from '../types.ts'
import { type Collected, collectLines, collectRows } from './collect.ts'
import type { EngineDeps } from './create-engine.ts'
import type { LearnInput, LearnOptions, LearnProgress } from './engine.ts'
import { writeModelParts } from './model-parts.ts'
import { trainNetwork } from './network.ts'

type Tell = (progress: LearnProgress) => void
type Kind = Session['kind']

/**
 * Learns from the whole of an input and gives the bundle, which is not published yet.
 * @throws LogbertError BAD_INPUT when there is nothing to learn from, BAD_CONFIG for options out of
 * range, BACKEND_ABSENT when the backend asked for is not there
 */
export const learn = async (
  input: LearnInput,
  options: LearnOptions,
  deps: EngineDeps,
  tell: Tell,
): Promise<BundleDraft> => {
  checkName(options.name)
  const start = performance.now()
  const { collected, templates, recipe, facts } = await collect(input, options, tell)
  const sets = setsOf(collected)
  const detectors = fitAll(sets, options)
  const first = (performance.now() - start) / 1000
  tell({ phase: 'calibrated', note: `voices without network after ${first.toFixed(1)} s` })
  const network =
    options.epochs > 0 ? await addNetwork(sets, detectors, options, deps, tell) : undefined
  const warnings = Object.values(detectors).flatMap(detector => detector.warnings)
  const { name, parent, ...config } = options
  return {
    name,
    ...(parent !== undefined && { parent }),
    templates,
    vocab: createVocab([...sets.values()].flatMap(set => set.sequences.flat())).toJSON(),
    calibration: writeModelParts({
      input: input.format,
      ...(options.parse !== undefined && { parse: options.parse }),
      ...(recipe !== undefined && { recipe }),
      detectors,
      ...(network !== undefined && { network: network.parts }),
    }),
    ...network?.files,
    training: {
      fingerprint: await fingerprint(sets),
      ...facts,
      ...countsOf(collected, sets),
      ...network?.facts,
      warnings: warnings.map(({ code, message }) => `${code}: ${message}`),
    },
    config: { ...config },
  }
}

const fitOptions = ({ budget, seed, impurity }: LearnOptions) => ({
  ...{ budget, seed },
  ...(impurity !== undefined && { impurity }),
})

type Detectors = Partial<Record<Kind, Detector>>

const fitAll = (sets: ReadonlyMap<Kind, SequenceSet>, options: LearnOptions): Detectors => {
  const detectors: Detectors = {}
  for (const [kind, set] of sets) detectors[kind] = fitDetector(set, fitOptions(options))
  return detectors
}

/** The population with most events gets a network; its voices join that detector. */
const addNetwork = async (
  sets: ReadonlyMap<Kind, SequenceSet>,
  detectors: Detectors,
  options: LearnOptions,
  deps: EngineDeps,
  tell: Tell,
) => {
  const [[group, set]] = [...sets].sort(([, a], [, b]) => eventsOf(b) - eventsOf(a)) as [
    [Kind, SequenceSet],
  ]
  const executor = await deps.executor(options.backend)
  tell({ phase: 'training LogBERT', share: 0, note: executor.about, backend: executor.name })
  const { trained, voices, networks } = await trainNetwork(set, options, executor, tell)
  detectors[group] = fitDetector(set, { ...fitOptions(options), external: voices })
  const { model, vocab, config, epochs, bestEpoch, heldOutLoss } = trained
  return {
    parts: { group, config },
    files: { model, vocab },
    facts: { logbert: { group, epochs, bestEpoch, heldOutLoss, networks, ran: executor.about } },
  }
}

const eventsOf = ({ sequences, weights }: SequenceSet): number =>
  sequences.reduce((sum, sequence, i) => sum + sequence.length * weights[i]!, 0)

const collect = async (input: LearnInput, options: LearnOptions, tell: Tell) => {
  if (input.format === 'events') {
    const collected = await collectRows(input.open(), tell)
    return { collected, templates: collected.names.snapshot(), recipe: undefined, facts: {} }
  }
  const collected = await collectLines(input.open(), options, tell)
  const { parser, recipe, evidence, lines, first, last } = collected
  const facts = {
    lines,
    templates: parser.stats.templates,
    ...(first !== undefined && { from: new Date(first).toISOString() }),
    ...(last !== undefined && { to: new Date(last).toISOString() }),
    sessionKey: evidence,
  }
  return { collected, templates: parser.snapshot(), recipe, facts }
}

const setsOf = ({ groups, resolve }: Collected): Map<Kind, SequenceSet> =>
  new Map(
    (['key', 'window'] as const)
      .filter(kind => groups[kind].sessions > 0)
      .map(kind => [kind, groups[kind].toSet(resolve)]),
  )

const countsOf = ({ groups }: Collected, sets: ReadonlyMap<Kind, SequenceSet>) => {
  const distinct = [...sets.values()].reduce((sum, set) => sum + set.sequences.length, 0)
  const leftOut = groups.key.leftOut + groups.window.leftOut
  return {
    sessions: groups.key.sessions,
    windows: groups.window.sessions,
    distinct,
    ...(leftOut > 0 && { leftOut }),
  }
}

const fingerprint = (sets: ReadonlyMap<Kind, SequenceSet>): Promise<string> => {
  const text = [...sets].map(([kind, { sequences, weights }]) =>
    sequences.map((sequence, i) => `${kind} ${weights[i]} ${sequence.join(' ')}\n`).join(''),
  )
  return sha256(new TextEncoder().encode(text.join('')))
}
