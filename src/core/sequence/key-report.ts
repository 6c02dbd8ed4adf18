import type { KeyChoice } from './key.ts'
import type { KeyEvidence } from './key-evidence.ts'

const percent = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`

const rowOf = (evidence: KeyEvidence): string => {
  const { name, share, values, linesPerValue, templatesPerValue, multi, brief } = evidence
  const facts = [
    `in ${percent(share)} of the lines`,
    `${values} values of ${linesPerValue.toFixed(1)} lines and ${templatesPerValue.toFixed(1)} templates`,
    `${percent(multi)} in values of several templates`,
    `briefness ${brief.toFixed(2)}`,
  ]
  if (evidence.lasting.length > 0) facts.push(`${evidence.lasting.length} lasting values left out`)
  if (evidence.crossing > 0) facts.push(`${percent(evidence.crossing)} of the values cross sources`)
  const { bits, told } = evidence
  if (bits !== undefined && told !== undefined) {
    facts.push(
      `bits a line ${bits.key.toFixed(2)} (by frequency ${bits.single.toFixed(2)}, in the stream ` +
        `${bits.stream.toFixed(2)}, shuffled ${bits.shuffled.toFixed(2)}), tells ${told.toFixed(2)}`,
    )
  }
  return `${name}: ${facts.join('; ')}`
}

/** The choice and its evidence as text: one line per family, the best `most` of them. */
export const describeKey = (choice: KeyChoice, most = 5): string => {
  const { rule, evidence, sample, refused } = choice
  const head =
    rule === undefined
      ? `no session key in ${sample} lines: windows are used`
      : `session key: ${evidence[0]!.name}, ${rule.scope === 'global' ? 'across sources' : 'per source'}` +
        (rule.reused === true ? `, values reused after ${rule.idleMs} ms of silence` : '')
  const rows = evidence
    .slice(0, most)
    .map(
      e =>
        `  ${e.against === undefined ? '+' : '-'} ${rowOf(e)}${e.against ? `; ${e.against}` : ''}`,
    )
  const { stream } = choice
  if (stream !== undefined) {
    rows.unshift(
      `  windows of each ${stream.name}: ${stream.values} streams, ${percent(stream.saved)} easier ` +
        'to predict apart',
    )
  }
  const note = refused > 0 ? [`  ${refused} values of rarer families were not looked at`] : []
  return [head, ...rows, ...note].join('\n')
}
