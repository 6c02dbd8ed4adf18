/** Scores with truth: `positive[i]` says whether item i is an anomaly; `weights` repeat items. */
export interface Scored {
  scores: ArrayLike<number>
  positive: ArrayLike<boolean | number>
  weights?: ArrayLike<number>
}

export interface Point {
  precision: number
  recall: number
  f1: number
  /** Share of the normal items that alarmed. */
  falseAlarms: number
}

/** Precision, recall and F1 of a set of alarms. With nothing to find F1 is 0. */
export const pointOf = (
  alarms: ArrayLike<boolean | number>,
  data: Omit<Scored, 'scores'>,
): Point => {
  let hit = 0
  let wrong = 0
  let positives = 0
  let negatives = 0
  for (let i = 0; i < alarms.length; i++) {
    const w = data.weights?.[i] ?? 1
    if (data.positive[i]) positives += w
    else negatives += w
    if (alarms[i] && data.positive[i]) hit += w
    else if (alarms[i]) wrong += w
  }
  const precision = hit + wrong > 0 ? hit / (hit + wrong) : 0
  const recall = positives > 0 ? hit / positives : 0
  const f1 = hit > 0 ? (2 * precision * recall) / (precision + recall) : 0
  return { precision, recall, f1, falseAlarms: negatives > 0 ? wrong / negatives : 0 }
}

export interface Ranking {
  auroc: number
  auprc: number
  /** Best F1 over all thresholds, chosen with the labels: an upper bound, not a result. */
  oracleF1: number
}

/** Ranking quality; ties count half (AUROC) and fall together (AUPRC, as a step function). */
export const rankingOf = ({ scores, positive, weights }: Scored): Ranking => {
  const order = Array.from(scores, (_, i) => i).sort((a, b) => scores[b]! - scores[a]!)
  let positives = 0
  let negatives = 0
  for (const i of order) {
    if (positive[i]) positives += weights?.[i] ?? 1
    else negatives += weights?.[i] ?? 1
  }
  let hit = 0
  let wrong = 0
  let area = 0
  let auprc = 0
  let oracleF1 = 0
  for (let start = 0; start < order.length; ) {
    let end = start
    let up = 0
    let down = 0
    while (end < order.length && scores[order[end]!] === scores[order[start]!]) {
      const i = order[end]!
      if (positive[i]) up += weights?.[i] ?? 1
      else down += weights?.[i] ?? 1
      end += 1
    }
    area += down * (hit + up / 2)
    hit += up
    wrong += down
    if (up > 0) auprc += (up / positives) * (hit / (hit + wrong))
    if (hit > 0) oracleF1 = Math.max(oracleF1, (2 * hit) / (hit + wrong + positives))
    start = end
  }
  const pairs = positives * negatives
  return { auroc: pairs > 0 ? area / pairs : Number.NaN, auprc, oracleF1 }
}
