import { calibrate } from './calibrate.ts'
import { type Collector, createCollector } from './collect.ts'
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

export const learnCollected = (collector: Collector, options: LearnRcaOptions = {}): RcaModel =>
  writeModel(learnProfile(collector.frame(), options))

export const learnProfile = (frame: Frame, { stretches = 5 }: LearnRcaOptions = {}): Profile => {
  const binMs = binOf(frame)
  const frames = cut(frame, stretches)
  const { facts, concurrent } = factsOf(frames, binMs)
  const all = createFacts()
  for (const each of facts) addFacts(all, each)
  const profile = profileOf(all, concurrent, frame.dictionary, binMs)
  profile.calibration = calibrate(profile, frames, facts)
  return profile
}

/** Some 200 bins in the time that is covered, of a second to a minute. */
const binOf = ({ at, size }: Frame): number => {
  let covered = 0
  for (let i = 1; i < size; i++) covered += Math.min(60_000, at[i]! - at[i - 1]!)
  return Math.min(60_000, Math.max(1_000, Math.round(covered / 200)))
}

/** Stretches of equally many lines; a stretch of few lines would say nothing. */
const LEAST_LINES = 200

const cut = (frame: Frame, most: number): Frame[] => {
  const { size, at } = frame
  const count = Math.max(1, Math.min(most, Math.floor(size / LEAST_LINES)))
  const edges = Array.from(
    { length: count - 1 },
    (_, i) => at[Math.floor(((i + 1) * size) / count)]!,
  )
  return [-Infinity, ...edges].map((from, i) => sliceFrame(frame, from, edges[i] ?? Infinity))
}
