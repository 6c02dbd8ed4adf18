import { describe, expect, test } from 'bun:test'
import { createParser, type ParserOptions } from '../../src/core/parse/parser.ts'
import type { LogEvent } from '../../src/core/types.ts'
import { readData, withoutData } from '../data.ts'

const plain: ParserOptions = { header: { format: 'none' } }

const parse = (lines: readonly string[], options: ParserOptions = plain): LogEvent[] => {
  const events: LogEvent[] = []
  const parser = createParser(options)
  for (const text of lines) parser.feed({ text, source: 's', arrived: 0 }, e => events.push(e))
  parser.flush(e => events.push(e))
  return events
}

/** The message that a template and its parameters stand for, blank runs folded. */
const filled = ({ template, parameters }: LogEvent): string => {
  const parts = template.split('<*>')
  return parts.map((part, i) => part + (parameters[i] ?? '')).join('')
}
const folded = (text: string): string => text.replace(/[ \t\n\v\f\r]+/g, ' ').trim()

describe('a parser', () => {
  test('gives lines that differ in values one template', () => {
    const events = parse(['took 5 ms for /a/b', 'took 7.5 ms for /c'])
    expect(events.map(e => e.template)).toEqual(['took <*> ms for <*>', 'took <*> ms for <*>'])
    expect(events[0].templateId).toBe(events[1].templateId)
    expect(events.map(e => e.parameters)).toEqual([
      ['5', '/a/b'],
      ['7.5', '/c'],
    ])
  })

  const reason = withoutData('loghub_2k')
  test.skipIf(reason !== undefined)(
    `gives every message back from its template and parameters ${reason ?? ''}`,
    async () => {
      for (const system of ['Android', 'BGL', 'HDFS', 'Linux', 'OpenStack', 'Spark', 'Zookeeper']) {
        const lines = (await readData(`loghub_2k/${system}/${system}_2k.log.gz`)).split('\n')
        for (const event of parse(lines, {})) {
          expect(folded(filled(event))).toBe(folded(event.text))
          expect(event.parameters.length).toBe(event.template.split('<*>').length - 1)
        }
      }
    },
  )
})
