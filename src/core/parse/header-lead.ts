import type { HeaderItem } from './header-plan.ts'
import type { FoundTime } from './header-time.ts'
import { levelOfLetter, levelOfWord } from './level.ts'

const textItem = (text: string): HeaderItem[] => (text === '' ? [] : [{ kind: 'text', text }])

/** One column before the time, from the text all lines have there. */
const leadItem = (values: readonly string[]): HeaderItem[] => {
  const most = (test: (value: string) => boolean): boolean =>
    values.filter(test).length >= 0.9 * values.length
  if (most(value => /^<\d{1,3}>$/.test(value))) return [{ kind: 'priority' }]
  if (most(value => /^<\d{1,3}>1$/.test(value)))
    return [{ kind: 'priority' }, { kind: 'text', text: '1' }]
  const open = /^[[(<]/.exec(values[0]!)?.[0] ?? ''
  const core = (value: string): string => value.slice(open.length).replace(/[\])>:,;]+$/, '')
  if (most(value => value.startsWith(open))) {
    const items = (kind: 'level' | 'letter'): HeaderItem[] => [
      ...textItem(open && ` ${open}`),
      { kind },
      ...closing(values),
    ]
    if (most(value => levelOfWord(core(value)) !== undefined)) return items('level')
    if (most(value => levelOfLetter(core(value)) !== undefined)) return items('letter')
  }
  if (most(value => /^\d+$/.test(value))) return [{ kind: 'word', role: 'number' }]
  return [{ kind: 'word', role: 'lead' }]
}

const closing = (values: readonly string[]): HeaderItem[] => {
  const end = /[\])>:,;]+$/.exec(values[0]!)?.[0] ?? ''
  return values.every(value => value.endsWith(end)) ? textItem(end) : []
}

/** Whether a bracket of these items is still open at their end. */
const opens = (items: readonly HeaderItem[]): boolean => {
  const text = items.map(item => (item.kind === 'text' ? item.text : '')).join('')
  return text.replace(/[^[(<{]/g, '').length > text.replace(/[^\])>}]/g, '').length
}

/** Items that lead from the start of the line to the time. */
export const leadItems = (
  lines: readonly string[],
  found: FoundTime,
): { items: HeaderItem[]; inBracket: boolean } => {
  const { split, index, sub, nth } = found.place
  const items: HeaderItem[] = []
  const columns = lines.map(line =>
    split === ' ' ? line.trimStart().split(/\s+/, index + 1) : line.split(split, index + 1),
  )
  for (let k = 0; k < index; k += 1) {
    if (split === ' ') items.push(...leadItem(columns.map(column => column[k]!)))
    else items.push({ kind: 'until', stop: split, role: 'lead' }, { kind: 'text', text: split })
  }
  if (sub === '') return { items, inBracket: opens(items) }
  if (sub === 'letter') return { items: [...items, { kind: 'letter' }], inBracket: false }
  const lead = columns.map(column => prefixOf(column[index]!, sub, nth))
  if (lead.every(text => text === lead[0])) items.push({ kind: 'text', text: ` ${lead[0]!}` })
  else if (lead.every(text => /^<\d{1,3}>$/.test(text))) items.push({ kind: 'priority' })
  else
    for (let n = 0; n <= nth; n += 1)
      items.push({ kind: 'until', stop: sub, role: 'lead' }, { kind: 'text', text: sub })
  return { items, inBracket: '[(<{'.includes(sub) }
}

const prefixOf = (column: string, sub: string, nth: number): string => {
  let at = -1
  for (let n = 0; n <= nth; n += 1) at = column.indexOf(sub, at + 1)
  return column.slice(0, at + 1)
}
