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
import {
  type NormalSession,
  type Taught,
  teachNames,
  teachTemplates,
  withTaught,
} from './normals.ts'

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
  const { collected, templates, taught, recipe, facts, rca } = await collect(input, options, tell)
  const sets = setsOf(collected, taught)
  const detectors = fitAll(sets, options)
  const first = (performance.now() - start) / 1000
  tell({ phase: 'calibrated', note: `voices without network after ${first.toFixed(1)} s` })
  const network =
    options.epochs > 0 ? await addNetwork(sets, detectors, options, deps, tell) : undefined
  const warnings = Object.values(detectors).flatMap(detector => detector.warnings)
  const { name, parent, normals: _, checkpoints: __, ...config } = options
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
    ...(rca !== undefined && { rca }),
    ...network?.files,
    training: {
      fingerprint: await fingerprint(sets),
      ...facts,
      ...countsOf(collected, sets),
      ...(options.normals !== undefined && { taught: taughtFacts(options.normals, taught, sets) }),
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
  const { normals = [] } = options
  if (input.format === 'events') {
    const collected = await collectRows(input.open(), tell)
    const templates = collected.names.snapshot()
    const taught = teachNames(normals, templates.names)
    return { collected, templates, taught, recipe: undefined, facts: {}, rca: undefined }
  }
  const collected = await collectLines(input.open(), options, tell)
  const { parser, recipe, evidence, lines, first, last, rca } = collected
  const facts = {
    lines,
    templates: parser.stats.templates,
    ...(first !== undefined && { from: new Date(first).toISOString() }),
    ...(last !== undefined && { to: new Date(last).toISOString() }),
    sessionKey: evidence,
  }
  const { snapshot, ...taught } = teachTemplates(normals, parser.snapshot(), options.parse)
  return { collected, templates: snapshot, taught, recipe, facts, rca }
}

/** What was taught joins the populations that the input has. */
const setsOf = ({ groups, resolve }: Collected, { sessions }: Taught): Map<Kind, SequenceSet> =>
  new Map(
    (['key', 'window'] as const)
      .filter(kind => groups[kind].sessions > 0)
      .map(kind => {
        const rows = sessions.filter(session => session.kind === kind).map(({ events }) => events)
        return [kind, withTaught(groups[kind].toSet(resolve), rows)]
      }),
  )

const taughtFacts = (
  normals: readonly NormalSession[],
  { sessions, unseen }: Taught,
  sets: ReadonlyMap<Kind, SequenceSet>,
) => {
  const learned = sessions.filter(({ kind }) => sets.has(kind)).length
  return { sessions: learned, unseenTemplates: unseen, leftOut: normals.length - learned }
}

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
