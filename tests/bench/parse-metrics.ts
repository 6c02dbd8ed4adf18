import { readdirSync } from 'node:fs'
import { dataPath, readData } from '../data.ts'

/** A labelled system: raw lines, their messages (header cut off by the truth) and true templates. */
export interface LabelledLog {
  system: string
  lines: string[]
  messages: string[]
  truth: string[]
}

/** Grouping and template accuracy of a parse, each 0–1. */
export interface ParseScore {
  /** Share of lines whose group holds exactly the lines of its true group (Zhu et al., ICSE-SEIP 2019). */
  ga: number
  /** F1 of groups that are exactly right (Jiang et al., ISSTA 2024). */
  fga: number
  /** Share of lines whose template text is right (Dai et al., TSE 2020). */
  pa: number
  /** F1 of templates whose group and text are both right (Khan et al., ICSE 2022). */
  fta: number
}

/** Records of a CSV text (RFC 4180): quoted fields may hold commas, quotes and line breaks. */
export const readCsv = (text: string): string[][] => {
  const records: string[][] = []
  let record: string[] = []
  let field = ''
  let inQuotes = false
  for (let at = 0; at < text.length; at++) {
    const unit = text[at]
    if (inQuotes) {
      if (unit !== '"') field += unit
      else if (text[at + 1] === '"') {
        field += '"'
        at++
      } else inQuotes = false
    } else if (unit === '"') inQuotes = true
    else if (unit === ',') {
      record.push(field)
      field = ''
    } else if (unit === '\n') {
      record.push(field.replace(/\r$/, ''))
      records.push(record)
      record = []
      field = ''
    } else field += unit
  }
  if (field !== '' || record.length > 0) records.push([...record, field])
  return records
}

/** Names of the labelled systems in the data folder. */
export const labelledSystems = (): string[] => readdirSync(dataPath('loghub_2k')).sort()

export const readLabelled = async (system: string): Promise<LabelledLog> => {
  const base = `loghub_2k/${system}/${system}_2k.log`
  const [head, ...records] = readCsv(await readData(`${base}_structured_corrected.csv.gz`))
  const message = head.indexOf('Content')
  const template = head.indexOf('EventTemplate')
  const lines = (await readData(`${base}.gz`)).split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  return {
    system,
    lines,
    messages: records.map(record => record[message]),
    truth: records.map(record => record[template]),
  }
}

/**
 * The form in which templates are compared: any `<NAME>` is `<*>`, variables joined by blanks or
 * punctuation are one, runs of blanks are one blank.
 */
export const normalTemplate = (template: string): string =>
  template
    .replace(/<[A-Za-z_]+>/g, '<*>')
    .replace(/\s+/g, ' ')
    .replace(/<\*>(?:[\s,;:.\-/_#+@&|]*<\*>)+/g, '<*>')
    .trim()

const groupsOf = (keys: readonly string[]): Map<string, number[]> => {
  const groups = new Map<string, number[]>()
  keys.forEach((key, line) => {
    const group = groups.get(key)
    if (group) group.push(line)
    else groups.set(key, [line])
  })
  return groups
}

/** Scores a parse: `groups` names each line's group, `templates` is its template text. */
export const scoreParse = (
  truth: readonly string[],
  groups: readonly string[],
  templates: readonly string[],
): ParseScore => {
  const trueText = truth.map(normalTemplate)
  const text = templates.map(normalTemplate)
  const trueGroups = groupsOf(truth)
  const ourGroups = groupsOf(groups)
  let lines = 0
  let right = 0
  let both = 0
  for (const members of ourGroups.values()) {
    const names = new Set(members.map(line => truth[line]))
    if (names.size !== 1 || trueGroups.get(truth[members[0]])?.length !== members.length) continue
    lines += members.length
    right++
    if (members.every(line => text[line] === trueText[line])) both++
  }
  const total = ourGroups.size + trueGroups.size
  return {
    ga: lines / truth.length,
    fga: (2 * right) / total,
    pa: text.filter((value, line) => value === trueText[line]).length / truth.length,
    fta: (2 * both) / total,
  }
}
