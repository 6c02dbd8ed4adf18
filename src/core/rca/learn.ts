import { calibrate } from './calibrate.ts'
import { type Called, type Collector, createCollector } from './collect.ts'
import { addFacts, createFacts, factsOf } from './facts.ts'
import { type Frame, sliceFrame } from './frame.ts'
import { type RcaModel, writeModel } from './model.ts'
import { type Profile, profileOf } from './profile.ts'
import type { RcaEvent } from './types.ts'

export interface LearnRcaOptions {
  /** Most events that are kept in memory at a time. Default 200,000. */
  most?: number
  /** Stretches that normal time is cut into to see what it reaches by itself. Default 5. */
  stretches?: number
}

/** Learns what normal time looks like from its events, in any order. */
export const learnRca = (events: Iterable<RcaEvent>, options: LearnRcaOptions = {}): RcaModel => {
  const collector = createCollector(options.most)
  for (const event of events) collector.push(event)
  return learnCollected(collector, options)
}

/** The same of events that were collected as they came; templates may get their text only now. */
export const learnCollected = (
  collector: Collector,
  options: LearnRcaOptions = {},
  called?: Called,
): RcaModel => writeModel(learnProfile(collector.frame(called), options, collector.components()))

export const learnProfile = (
  frame: Frame,
  { stretches = 5 }: LearnRcaOptions = {},
  components = new Map<string, number>(),
): Profile => {
  const binMs = binOf(frame)
  const frames = cut(frame, stretches)
  const { facts, concurrent } = factsOf(frames, binMs)
  const all = createFacts()
  for (const each of facts) addFacts(all, each)
  const profile = profileOf(all, concurrent, frame.dictionary, binMs)
  profile.components = components
  profile.recent = new Set((frames.at(-1)?.instance ?? []).filter(instance => instance >= 0))
  profile.calibration = calibrate(profile, frames, facts)
  return profile
}

/** Longer silence of everything is a hole between two logs: a minute, and far beyond the usual. */
const HOLE_MS = 60_000
const HOLE_TIMES = 20

/** Silences of everything that are no part of the log: places at which it goes on after one. */
const holesOf = ({ at, size }: Frame): number[] => {
  const gaps = Float64Array.from({ length: Math.max(0, size - 1) }, (_, i) => at[i + 1]! - at[i]!)
  const usual = gaps.toSorted()[Math.floor(gaps.length * 0.999)] ?? 0
  const hole = Math.max(HOLE_MS, HOLE_TIMES * usual)
  return [...gaps.keys()].filter(i => gaps[i]! > hole).map(i => i + 1)
}

/** Some 200 bins in the time that is covered, of a second to a minute. */
const binOf = ({ at, size }: Frame): number => {
  let covered = 0
  for (let i = 1; i < size; i++) covered += Math.min(60_000, at[i]! - at[i - 1]!)
  return Math.min(60_000, Math.max(1_000, Math.round(covered / 200)))
}

/** A stretch of fewer lines would say nothing. */
const LEAST_LINES = 200

/** Stretches of about equally many lines, none of which goes across a hole. */
const cut = (frame: Frame, most: number): Frame[] => {
  const { size, at } = frame
  const edges = [0, ...holesOf(frame), size]
  const share = Math.max(LEAST_LINES, size / most)
  const starts = edges.slice(0, -1).flatMap((from, i) => {
    const lines = edges[i + 1]! - from
    const parts = Math.max(1, Math.round(lines / share))
    return Array.from({ length: parts }, (_, k) => from + Math.floor((k * lines) / parts))
  })
  return starts
    .map((start, i) =>
      sliceFrame(
        frame,
        i === 0 ? -Infinity : at[start]!,
        i + 1 < starts.length ? at[starts[i + 1]!]! : Infinity,
      ),
    )
    .filter(part => part.size > 0)
}
