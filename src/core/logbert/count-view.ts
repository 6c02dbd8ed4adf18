import type { Bag, Lexicon } from './lexicon.ts'
import { createLru } from './lru.ts'
import { countRow } from './rows.ts'
import type { ScoreParts } from './score.ts'
import type { ScoringRow } from './scoring-rows.ts'

/** The count view with its memory: 6,000 orders of HDFS sessions share 330 bags. */
export interface CountView {
  /** Rows of the bags not known yet; `answer`, once they are run, adds every session's count. */
  ask(sessions: readonly { bag: Bag; parts: ScoreParts }[]): {
    rows: ScoringRow[]
    answer(): void
  }
}

/** @param most bags whose surprise is remembered */
export const createCountView = (lexicon: Pick<Lexicon, 'countHead'>, most: number): CountView => {
  const known = createLru<number>(most)
  return {
    ask(sessions) {
      const surprises = new Map<string, number>()
      const rows: ScoringRow[] = []
      const keys = sessions.map(({ bag }) => bag.tokens.join(' '))
      keys.forEach((key, i) => {
        if (surprises.has(key)) return
        const before = known.get(key)
        surprises.set(key, before ?? Number.NaN)
        if (before !== undefined) return
        const { tokens } = sessions[i]!.bag
        const take = (surprise: Float32Array) => {
          // One more than there are tokens: END
          const nats = surprise.subarray(0, tokens.length + 1).reduce((a, b) => a + b, 0)
          surprises.set(key, nats)
          known.set(key, nats)
        }
        rows.push({ ...countRow(tokens, lexicon), take })
      })
      const answer = () =>
        sessions.forEach(({ parts }, i) => {
          parts.count += surprises.get(keys[i]!)!
        })
      return { rows, answer }
    },
  }
}
