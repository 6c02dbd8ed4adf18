import type { Blame, Elsewhere, Scene } from '../evidence.ts'
import { serviceName, templateOf, WARN } from '../frame.ts'
import { isAnswer } from '../naming.ts'
import type { SlowGroup } from './slow-groups.ts'

/** The one that is slow with others, too. */
export const eitherEnd = (from: string, to: string, rest: Elsewhere): Blame[] => {
  if (from === to) return [{ name: to, kind: 'service', share: 1 }]
  const share = rest.from / (rest.from + rest.to)
  return [
    { name: from, kind: 'service', share },
    { name: to, kind: 'service', share: 1 - share },
  ]
}

const SAMPLE = 30

/** Who was waited for, as the lines around the gaps tell: after a call of them, or before their answer. */
export const waitedFor = ({ frame, speakers }: Scene, { slow, from, to }: SlowGroup): Blame[] => {
  const { dictionary } = frame
  const ends = [serviceName(dictionary, from), serviceName(dictionary, to)]
  const sample = slow.slice(0, SAMPLE)
  const sums = new Map<string, Blame>()
  for (const gap of sample) {
    const seen = new Set<string>()
    for (const position of [gap.from, gap.to]) {
      const isTrouble = frame.level[position]! >= WARN
      const answers = isAnswer(templateOf(dictionary, frame.type[position]!))
      if (!isTrouble && answers !== (position === gap.to)) continue
      for (const { name, kind, share } of speakers(position)) {
        const isEnd = !isTrouble && from !== to && ends.includes(name)
        if (isEnd || seen.has(name)) continue
        seen.add(name)
        const sum = sums.get(`${kind} ${name}`) ?? { name, kind, share: 0 }
        sum.share += share / sample.length
        sums.set(`${kind} ${name}`, sum)
      }
    }
  }
  return [...sums.values()]
}
