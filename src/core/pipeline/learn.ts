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
import { type ModelParts, writeModelParts } from './model-parts.ts'

type Tell = (progress: LearnProgress) => void
type Kind = Session['kind']

/** Learns from the whole of an input and gives the bundle, which is not published yet. */
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
  const { budget, seed } = options
  tell({ phase: 'calibrating' })
  const detectors: Partial<Record<Kind, Detector>> = {}
  for (const [kind, set] of sets) detectors[kind] = fitDetector(set, { budget, seed })
  const parts: ModelParts = {
    input: input.format,
    ...(recipe !== undefined && { recipe }),
    detectors,
  }
  const first = (performance.now() - start) / 1000
  tell({ phase: 'calibrated', note: `voices without network after ${first.toFixed(1)} s` })
  const warnings = Object.values(parts.detectors).flatMap(detector => detector.warnings)
  const { name, parent, ...config } = options
  return {
    name,
    ...(parent !== undefined && { parent }),
    templates,
    vocab: createVocab([...sets.values()].flatMap(set => set.sequences.flat())).toJSON(),
    calibration: writeModelParts(parts),
    training: {
      fingerprint: await fingerprint(sets),
      ...facts,
      ...countsOf(collected, sets),
      warnings: warnings.map(({ code, message }) => `${code}: ${message}`),
    },
    config: { ...config },
  }
}

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
