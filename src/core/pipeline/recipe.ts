import { LogbertError } from '../errors.ts'
import { discoverKey, type KeyChoice, type KeyRule } from '../sequence/key.ts'
import { describeKey } from '../sequence/key-report.ts'
import { createKeyReader } from '../sequence/key-rule.ts'
import type { SequencerOptions } from '../sequence/session.ts'
import { resolutionOf } from '../sequence/time-order.ts'
import { type WindowRule, windowFor } from '../sequence/window.ts'
import type { LogEvent } from '../types.ts'

/** How lines become sessions: learned once, then the same in training and in serving. Plain JSON. */
export interface SessionRecipe {
  key?: KeyRule
  stream?: KeyRule
  window: WindowRule
  /** Silence that ended sessions in training, ms, where it was given; served ones end by it, too. */
  idleMs?: number
  /** To how many ms the times of different sources can be compared. */
  resolutionMs: number
}

export interface RecipeOptions {
  /** `auto`, `none`, or a pattern whose first group, else whole match, is the key. */
  session: string
  window?: WindowRule
  /** Silence that ends a session, ms; only reused keys end by it when absent. */
  idleMs?: number
}

/** More of the sampled keys than this stand in several sources: they join them. */
const CROSSING = 0.01

/**
 * Decides what makes a session from a contiguous stretch of the log, with the evidence in words.
 * @throws LogbertError BAD_CONFIG for a pattern that is no safe regular expression.
 */
export const learnRecipe = (
  sample: readonly LogEvent[],
  options: RecipeOptions,
): { recipe: SessionRecipe; evidence: string } => {
  const choice = discoverKey(sample)
  const key = keyOf(options.session, choice, sample)
  const stream = choice.stream?.rule
  const keysOf = key === undefined ? undefined : createKeyReader(key)
  const unkeyed = sample.filter(event => keysOf === undefined || keysOf(event).length === 0).length
  return {
    recipe: {
      ...(key !== undefined && { key }),
      ...(stream !== undefined && { stream }),
      window: { ...(options.window ?? windowFor(unkeyed)), full: true },
      ...(options.idleMs !== undefined && { idleMs: options.idleMs }),
      resolutionMs: resolutionOf(sample),
    },
    evidence: options.session === 'auto' ? describeKey(choice) : describeGiven(key, choice),
  }
}

const keyOf = (
  session: string,
  choice: KeyChoice,
  sample: readonly LogEvent[],
): KeyRule | undefined => {
  if (session === 'none') return undefined
  if (session === 'auto') return choice.rule
  const rule: KeyRule = { place: { by: 'pattern', pattern: session }, scope: 'source' }
  const sources = new Map<string, Set<string>>()
  const keysOf = createKeyReader(rule)
  for (const event of sample) {
    for (const key of keysOf(event)) {
      const seen = sources.get(key) ?? new Set()
      sources.set(key, seen.add(event.source))
    }
  }
  if (sources.size === 0 && sample.length > 0) {
    throw new LogbertError(
      'BAD_CONFIG',
      `the session pattern ${session} matches none of the first ${sample.length} messages (headers ` +
        'are cut off before); correct it, or let it be found with auto',
    )
  }
  const crossing = [...sources.values()].filter(seen => seen.size > 1).length
  return crossing > CROSSING * sources.size ? { ...rule, scope: 'global' } : rule
}

const describeGiven = (key: KeyRule | undefined, choice: KeyChoice): string =>
  key === undefined
    ? 'session key: none (as asked); windows are used'
    : `session key: the given pattern; by itself it would have been\n${describeKey(choice, 2)}`

/** Where training saw no session by key, or no time. */
const USUAL_IDLE_MS = 30_000

/**
 * Silence that ends a session in a stream, ms: the one of training, else so long that hardly any
 * session of training paused for longer.
 */
export const streamIdleMs = ({ idleMs, key }: SessionRecipe): number =>
  idleMs ?? key?.idleMs ?? USUAL_IDLE_MS

/** Windows are never complete by silence: they are only looked at early, and need not wait long. */
export const windowIdleMs = (recipe: SessionRecipe): number =>
  Math.min(USUAL_IDLE_MS, streamIdleMs(recipe))

/** What the recipe asks of the sequencer. */
export const sequencerOptions = (recipe: SessionRecipe): SequencerOptions => ({
  ...(recipe.key !== undefined && { key: recipe.key }),
  ...(recipe.stream !== undefined && { stream: recipe.stream }),
  window: recipe.window,
  ...(recipe.idleMs !== undefined && { idleMs: recipe.idleMs }),
  resolutionMs: recipe.resolutionMs,
})
