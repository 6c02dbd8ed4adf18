import { describe, expect, test } from 'bun:test'
import { createParser, type ParserOptions } from '../../src/core/parse/parser.ts'
import { Maker } from '../parse-header/made-lines.ts'
import { feed } from './feed.ts'

const plain: ParserOptions = { header: { format: 'none' } }

const templates = (lines: readonly string[]): string[] => {
  const parser = createParser(plain)
  return feed(parser, lines).map(event => parser.template(event.templateId)!)
}

describe('a slot becomes a variable', () => {
  test('when many words stand in it', () => {
    const names = ['red', 'green', 'blue', 'black', 'white', 'pink']
    const seen = templates(names.map(name => `painted the ${name} wall`))
    expect(new Set(seen)).toEqual(new Set(['painted the <*> wall']))
  })

  test('but not when two do', () => {
    const seen = templates(['link is up again', 'link is down again'])
    expect(seen).toEqual(['link is up again', 'link is down again'])
  })

  test('when its key carries different words, in other templates, too', () => {
    const seen = templates(['login by=ann ok', 'login by=bob ok', 'password of by=ann changed'])
    expect(seen).toEqual(['login by=<*> ok', 'login by=<*> ok', 'password of by=<*> changed'])
  })

  test('when only quoted words differ, in several places at once', () => {
    const seen = templates(['copied "inbox" to "home"', 'copied "drafts" to "attic"'])
    expect(new Set(seen)).toEqual(new Set(['copied "<*>" to "<*>"']))
  })

  test('but states in capitals stay apart', () => {
    const seen = templates(['task moved from NEW to READY', 'task moved from NEW to DONE'])
    expect(new Set(seen).size).toBe(2)
  })
})

test('short units of size vary together, bytes in full are a word', () => {
  const seen = templates(['sent 7 bytes (3 KB) of 4 MB', 'sent 9 bytes (2 MB) of 1 MB'])
  expect(new Set(seen)).toEqual(new Set(['sent <*> bytes (<*>) of <*>']))
})

describe('ids', () => {
  const lines = ['disk 1 failed', 'login by=ann ok', 'login by=bob ok', 'fan stopped']

  test('are the same after a restart, and so are the keys that vary', () => {
    const parser = createParser(plain)
    const before = feed(parser, lines).map(event => event.templateId)
    const again = createParser(plain, JSON.parse(JSON.stringify(parser.snapshot())))
    expect(feed(again, lines).map(event => event.templateId)).toEqual(before)
    expect(feed(again, ['login by=eve ok'])[0]!.templateId).toBe(before[1]!)
  })

  test('that were merged away still lead to what stands for them', () => {
    const parser = createParser({ ...plain, headerLines: 1 })
    const [first, second] = feed(parser, ['login by=ann ok', 'login by=bob ok'])
    expect(parser.resolve(first!.templateId)).toBe(parser.resolve(second!.templateId))
    expect(parser.template(first!.templateId)).toBe('login by=<*> ok')
    const again = createParser(plain, parser.snapshot())
    expect(again.template(first!.templateId)).toBe('login by=<*> ok')
  })
})

describe('a frozen parser', () => {
  test('learns nothing and says which lines fit nothing', () => {
    const parser = createParser({ ...plain, headerLines: 1 })
    const [known] = feed(parser, ['disk 1 failed'])
    parser.mode = 'frozen'
    const before = JSON.stringify(parser.snapshot())
    const [same, other] = feed(parser, ['disk 7 failed', 'fan 3 stopped'])
    expect(same!.templateId).toBe(known!.templateId)
    expect([other!.templateId, other!.template]).toEqual([-1, 'fan <*> stopped'])
    expect(parser.stats.unmatched).toBe(1)
    expect(JSON.stringify(parser.snapshot())).toBe(before)
  })
})

describe('bounds', () => {
  test('templates: the least recently used go', () => {
    const parser = createParser({ ...plain, maxTemplates: 100 })
    const of = new Maker(3)
    const word = (): string => of.hex(12).replace(/\d/g, digit => 'ghijklmnop'[Number(digit)]!)
    feed(
      parser,
      Array.from({ length: 5_000 }, () => Array.from({ length: of.int(2, 9) }, word).join(' ')),
    )
    expect(parser.stats.templates).toBeLessThanOrEqual(100)
    expect(parser.stats.evictedTemplates).toBeGreaterThan(0)
  })

  test('long lines are cut, many tokens are one value, garbage passes', () => {
    const parser = createParser({ ...plain, maxLine: 1_000 })
    const of = new Maker(5)
    const garbage = Array.from({ length: 500 }, () =>
      String.fromCharCode(...Array.from({ length: of.int(0, 80) }, () => of.int(0, 0xffff))),
    )
    const events = feed(parser, ['x'.repeat(5_000), 'a b '.repeat(250), '', ' ', ...garbage])
    expect(events[0]!.text.length).toBe(1_000)
    expect([parser.stats.cutLines, parser.stats.cutTokens]).toEqual([1, 1])
    expect(events.length).toBe(504)
    for (const { template, parameters } of events.slice(1))
      expect(parameters.length).toBe(template.split('<*>').length - 1)
  })
})

test('a snapshot of another version or shape is refused', () => {
  const good = createParser(plain).snapshot()
  for (const bad of [{ ...good, kind: 'parser/0' }, { ...good, groups: [{}] }, null])
    expect(() => createParser(plain, bad as never)).toThrow('parser snapshot')
})
