import type { Accusation } from '../credit.ts'
import type { Scene } from '../evidence.ts'
import type { TraitsOf } from './traits.ts'

interface Trace {
  root: number
  services: Set<number>
}

/** Flows of fewer traces say nothing. */
const LEAST_TRACES = 3
/** A smaller share of the blame is no accusation. */
const ACCUSED = 0.1

/**
 * Spectrum-based localisation (Ochiai) over traces: who is at work in those that are affected; and
 * whether those who are accused in a trace had been reached there, and how many of their flows are hit.
 */
export const createTraceTraits = (scene: Scene, accusations: readonly Accusation[]): TraitsOf => {
  const { services } = scene.profile.dictionary
  const traces = tracesOf(scene)
  const { affected, accusedIn } = hitsOf(accusations)
  return ({ name, kind }) => {
    const own = kind === 'service' ? services.find(name) : -1
    const accused = accusedIn.get(name) ?? new Set<number>()
    const flows = new Map<number, { n: number; bad: number }>()
    let [works, worksBad, others, othersBad, known, reached] = [0, 0, 0, 0, 0, 0]
    for (const [trace, { root, services }] of traces) {
      const isAtWork = own >= 0 && services.has(own)
      const isAccused = accused.has(trace)
      const isBad = affected.has(trace)
      if (isAtWork) works++
      if (isAtWork && isBad) worksBad++
      if (isAccused) known++
      if (isAccused && isAtWork) reached++
      if (!isAtWork && !isAccused) continue
      const flow = flows.get(root) ?? { n: 0, bad: 0 }
      flows.set(root, { n: flow.n + 1, bad: flow.bad + (isBad ? 1 : 0) })
      if (isAccused) continue
      others++
      if (isBad) othersBad++
    }
    const rates = [...flows.values()].flatMap(({ n, bad }) => (n >= LEAST_TRACES ? [bad / n] : []))
    const most = Math.max(0, ...rates)
    const missed = known === 0 || own < 0 ? 0 : 1 - reached / known
    const isSeen = affected.size > 0 && works > 0
    return {
      'traces.ochiai': isSeen ? worksBad / Math.sqrt(affected.size * works) : 0,
      'traces.cover': isSeen ? Math.min(1, worksBad / affected.size) : 0,
      'traces.spared': isSeen ? (works - worksBad) / works : 0,
      'traces.reached': known === 0 ? 0 : reached / known,
      'traces.missed': missed,
      'traces.missedOnly': others > 0 ? missed : 0,
      'traces.flows': most === 0 ? 0 : rates.filter(rate => rate >= most / 2).length / rates.length,
      'traces.evenness':
        most === 0 ? 0 : rates.reduce((sum, rate) => sum + rate, 0) / rates.length / most,
      'traces.worstFlow': most,
      'traces.othersBad': others === 0 ? 0 : othersBad / others,
    }
  }
}

const tracesOf = ({ frame, start, end }: Scene): Map<number, Trace> => {
  const traces = new Map<number, Trace>()
  for (const group of frame.traces) {
    const first = group[0]!
    if (frame.at[first]! < start || frame.at[first]! > end) continue
    const services = new Set(Array.from(group, i => frame.service[i]!))
    traces.set(frame.trace[first]!, { root: frame.type[first]!, services })
  }
  return traces
}

/** Traces in which anything was found, and those in which others accuse somebody. */
const hitsOf = (accusations: readonly Accusation[]) => {
  const affected = new Set<number>()
  const accusedIn = new Map<string, Set<number>>()
  for (const { evidence, blame } of accusations) {
    const traces = evidence.hits.flatMap(({ trace }) => (trace >= 0 ? [trace] : []))
    for (const trace of traces) affected.add(trace)
    for (const { name, share } of blame) {
      if (name === evidence.writer || share < ACCUSED) continue
      const own = accusedIn.get(name) ?? new Set()
      for (const trace of traces) own.add(trace)
      accusedIn.set(name, own)
    }
  }
  return { affected, accusedIn }
}
