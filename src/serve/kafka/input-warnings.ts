import type { KafkaEvent } from '../pipeline/protocol.ts'
import { seldom } from './seldom.ts'

export interface InputWarningDeps {
  topic: string
  /** Longest line, in characters. */
  maxLine: number
  observe(what: KafkaEvent): void
  note(text: string): void
}

/** What is wrong with lines as others write them is counted, and said so that nobody is flooded. */
export interface InputWarnings {
  /** Lines that were cut at the longest length. */
  cut(lines: number): void
  /** See `countTorn`. */
  torn(anomalies: number): void
}

export const createInputWarnings = (deps: InputWarningDeps): InputWarnings => {
  const { topic, maxLine, observe, note } = deps
  let saidTorn = false
  const sayCut = seldom(lines =>
    note(
      `${lines} lines of ${topic} were longer than ${maxLine} characters and were cut; ` +
        'input.maxLine sets how much of a line is read',
    ),
  )
  return {
    cut(lines) {
      observe({ type: 'cut', lines })
      sayCut(lines)
    },
    torn(anomalies) {
      if (anomalies === 0) return
      observe({ type: 'torn', anomalies })
      if (!saidTorn) note(tornSessions(topic))
      saidTorn = true
    },
  }
}

const tornSessions = (topic: string): string =>
  `sessions of this model cross sources, but lines of ${topic} come keyed by source or not at all: ` +
  'lines of one session may stand in several partitions, and what is missing here may be there; ' +
  'set kafka.repartition to true on all nodes, or key messages by session'
