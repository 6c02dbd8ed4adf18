import { type Point, pointOf, type Ranking, rankingOf } from '../train/metrics.ts'

/** One session that was tried, with its truth. */
export interface Tried {
  /** Names its sequence: sessions of the same one are one distinct session. */
  sequence: string
  odd: boolean
  score: number
  anomalous: boolean
}

/** Figures over all sessions, and with every distinct sequence counted once. */
export interface Result {
  all: Point & Ranking
  distinct: Point & Ranking
}

const figures = (tried: readonly Tried[]): Point & Ranking => {
  const positive = tried.map(({ odd }) => odd)
  const scores = tried.map(({ score }) => score)
  const alarms = tried.map(({ anomalous }) => anomalous)
  return { ...pointOf(alarms, { positive }), ...rankingOf({ scores, positive }) }
}

/** A sequence that occurs among normal and odd sessions is two distinct ones. */
export const resultOf = (tried: readonly Tried[]): Result => {
  const seen = new Map<string, Tried>()
  for (const session of tried) {
    const key = `${session.odd} ${session.sequence}`
    const known = seen.get(key)
    const anomalous = session.anomalous || known?.anomalous === true
    seen.set(key, { ...(known ?? session), anomalous })
  }
  return { all: figures(tried), distinct: figures([...seen.values()]) }
}

export interface Spread {
  mean: number
  deviation: number
  worst: number
}

export const spreadOf = (values: readonly number[]): Spread => {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return {
    mean,
    deviation: Math.sqrt(square / Math.max(1, values.length - 1)),
    worst: values.reduce((a, b) => Math.min(a, b)),
  }
}
