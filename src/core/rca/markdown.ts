import type { RcaReport } from './types.ts'

const time = (at: number): string => new Date(at).toISOString()

/** The report for people; log text stands in it as it is. */
export const toMarkdown = (report: RcaReport): string => {
  const { suspects, timeline, impact, firstDeviation, missing, cut } = report
  const lines = ['# Root cause', '', report.summary, '']
  if (!report.found) return [...lines, ...cutLines(cut)].join('\n')
  lines.push(
    `Confidence ${report.confidence}. Begin ${report.start === undefined ? 'unknown' : time(report.start)}.`,
    '',
  )
  lines.push('## Suspects', '')
  suspects.forEach(({ name, kind, score, parts, why, evidence }, i) => {
    const shown = Object.entries(parts).map(([part, value]) => `${part} ${value}`)
    lines.push(`${i + 1}. **${name}** (${kind}), score ${score} = ${shown.join(' + ')}`)
    lines.push(`   ${why}`)
    if (evidence.length > 0) lines.push(`   lines: ${evidence.join(', ')}`)
  })
  if (firstDeviation !== undefined) {
    const { at, service, text, line, expected } = firstDeviation
    const instead = expected.map(
      each => `"${each.template}" of ${each.service} (p ${each.p.toFixed(2)})`,
    )
    lines.push('', '## First deviation', '', `${time(at)} ${service}: ${text} (${line})`)
    lines.push(`expected next: ${instead.join(' or ')}`)
  }
  if (missing.length > 0) {
    lines.push('', '## Missing', '')
    for (const { service, template, expected, got, evidence } of missing) {
      lines.push(
        `- "${template}" of ${service}: ${got} of ${expected} (after ${evidence.join(', ')})`,
      )
    }
  }
  lines.push('', '## Timeline', '')
  for (const { at, what, evidence } of timeline) {
    lines.push(`- ${time(at)} ${what}${evidence.length > 0 ? ` (${evidence.join(', ')})` : ''}`)
  }
  lines.push('', '## Impact', '')
  lines.push(
    `${impact.affected} of ${impact.traces} requests, ${impact.services.length} services: ${impact.services.join(', ')}`,
    '',
  )
  return [...lines, ...cutLines(cut)].join('\n')
}

const cutLines = ({ lines, notes }: RcaReport['cut']): string[] => [
  `Looked at ${lines} lines. ${notes.join('. ')}`.trim(),
  '',
]
