import { describe, expect, test } from 'bun:test'
import { createParser } from '../../src/core/parse/parser.ts'
import { feed } from './feed.ts'

const plain = { header: { format: 'none' } }

/** The distinct templates of lines, as they stand at the end. */
const templates = (lines: readonly string[]): string[] => {
  const parser = createParser(plain)
  const ids = feed(parser, lines).map(event => parser.resolve(event.templateId))
  return [...new Set(ids)].map(id => parser.template(id)!)
}

const names = ['worker-3', 'gpu-a', 'node_b.c', 'disk:left', 'psu-2']

describe('names of different punctuation in one place are values', () => {
  test('of one template', () => {
    expect(templates(names.map(name => `part ${name} was restarted`))).toEqual([
      'part <*> was restarted',
    ])
  })

  test('and give the message back', () => {
    const events = feed(
      createParser(plain),
      names.map(name => `part ${name} was restarted`),
    )
    expect(events.map(event => event.parameters)).toEqual(names.map(name => [name]))
  })

  test('in two places at once', () => {
    const lines = names.map((name, i) => `moved from ${name} over to ${names[(i + 2) % 5]}`)
    expect(templates(lines)).toEqual(['moved from <*> over to <*>'])
  })

  test('behind a key that stays', () => {
    const lines = names.map(name => `part stopped unit=${name} after failure`)
    expect(templates(lines)).toEqual(['part stopped unit=<*> after failure'])
  })

  test('but not two of them, and not names of kinds in capitals', () => {
    expect(templates(['part gpu-a was restarted', 'part node.c was restarted']).length).toBe(2)
    const kinds = ['SCREEN_ON', 'power.DISCONNECTED', 'a.b.BOOT_DONE', 'TIME_TICK']
    expect(templates(kinds.map(kind => `the action ${kind} was received`)).length).toBe(4)
  })
})

describe('quoted texts of several words', () => {
  const texts = ['red car', 'a blue bike left', 'the van', 'two old trams']

  test('are values', () => {
    expect(templates(texts.map(text => `could not read "${text}" at line 4`))).toEqual([
      'could not read "<*>" at line <*>',
    ])
  })

  test('unless they begin with a kind in capitals', () => {
    const lines = ['GET', 'POST', 'PUT', 'DELETE'].map(
      verb => `request "${verb} item now" was done`,
    )
    expect(templates(lines).length).toBe(4)
  })
})

test('a frozen parser, also a restored one, knows names it has not seen', () => {
  const learned = createParser(plain)
  const [known] = feed(
    learned,
    names.map(name => `part ${name} was restarted`),
  )
  const parser = createParser(
    { ...plain, mode: 'frozen' },
    JSON.parse(JSON.stringify(learned.snapshot())),
  )
  const [same, other] = feed(parser, ['part fan/7.x-q was restarted', 'part fan was seen'])
  expect(same!.templateId).toBe(learned.resolve(known!.templateId))
  expect(same!.parameters).toEqual(['fan/7.x-q'])
  expect(other!.templateId).toBe(-1)
})

test('states of two words stay apart while the names beside them become values', () => {
  const states = ['half-open', 'half-shut', 'not-there', 'unpacked']
  const parts = ['lib-a', 'gcc-12', 'x_y', 'g7', 'fonts.core-2', 'lib64c:any', 'zlib1g', 'perl']
  const lines = Array.from({ length: 96 }, (_, i) => {
    const part = parts[(i * 5 + (i >> 3)) % 8]
    return `status ${states[i % 4]} ${part} ${i}.${i % 7}-${i % 3}`
  })
  const expected = states.map(state => `status ${state} <*>`)
  expect(templates(lines).toSorted()).toEqual(expected.toSorted())
})

test('a template shared by two shapes keeps its text when one of them changes', () => {
  const parser = createParser({ ...plain, headerLines: 1 })
  const lines = ['w7001', ...names].map(name => `part ${name} was restarted by hand`)
  feed(parser, lines)
  const hows = ['foot', 'mail', 'wire', 'post', 'fire', 'luck', 'mind', 'rule']
  const more = hows.map(how => `part w7001 was restarted by ${how}`)
  feed(parser, more)
  const events = feed(parser, [...lines, ...more])
  for (const event of events) expect(parser.template(event.templateId)).toBe(event.template)
})
