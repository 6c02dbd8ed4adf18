import { LogbertError } from '../errors.ts'

const KEY = /^(?:session|key|id|blockid|block_id|instance|trace|traceid|request|name)$/i
const LABEL = /^(?:label|anomaly|anomalous|is_anomaly|class)$/i
const ODD = /^(?:1|true|yes|y|anomaly|anomalous|abnormal|anomalies|fail|failure|failed|odd)$/i
const NORMAL = /^(?:0|false|no|n|-|normal|success|successful|ok|)$/i

/**
 * Reads labels for evaluation: CSV lines of session key and label. A first line of column names
 * says which columns they are; without one they are the first two. Labels are 1/0, true/false,
 * Anomaly/Normal and the like.
 * @returns session key → whether it is anomalous.
 * @throws LogbertError BAD_INPUT naming the first line that cannot be read.
 */
export const readLabels = (lines: Iterable<string>, name = 'labels'): Map<string, boolean> => {
  const labels = new Map<string, boolean>()
  let columns: { key: number; label: number } | undefined
  let number = 0
  for (const line of lines) {
    number++
    if (line.trim() === '') continue
    const cells = splitCsv(line)
    if (columns === undefined) {
      columns = columnsOf(cells)
      if (columns !== undefined) continue
      columns = { key: 0, label: 1 }
    }
    const key = cells[columns.key]
    const word = cells[columns.label]
    if (key === undefined || word === undefined || (!ODD.test(word) && !NORMAL.test(word))) {
      throw new LogbertError(
        'BAD_INPUT',
        `reading ${name} failed: line ${number} is ${JSON.stringify(line.slice(0, 80))}; expected ` +
          'a session key and a label (1/0, true/false, Anomaly/Normal), or column names first',
      )
    }
    labels.set(key, ODD.test(word))
  }
  if (labels.size > 0) return labels
  throw new LogbertError('BAD_INPUT', `reading ${name} failed: it holds no labels; check the file`)
}

/** Columns by their names; undefined when the line holds values already. */
const columnsOf = (cells: readonly string[]): { key: number; label: number } | undefined => {
  const label = cells.findIndex(cell => LABEL.test(cell))
  if (label < 0) return undefined
  const named = cells.findIndex((cell, i) => i !== label && KEY.test(cell))
  const key = named >= 0 ? named : cells.findIndex((_, i) => i !== label)
  return key < 0 ? undefined : { key, label }
}

/** Cells of one line of RFC 4180 without line breaks inside quotes. */
const splitCsv = (line: string): string[] =>
  [...line.matchAll(/(?:^|,)\s*(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? '').trim() : quoted.replaceAll('""', '"'),
  )
