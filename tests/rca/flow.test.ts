import { expect, test } from 'bun:test'
import { flowOf, stepsOf } from '../../src/core/rca/flow.ts'
import { readModel } from '../../src/core/rca/model.ts'
import { learnRca, type RcaEvent, type RcaModel } from '../../src/core/rca/rca.ts'

const ORDERS = 400

/** The front asks the shop, which asks the store, and tells the mailer, who answers nobody. */
const orders = (): RcaEvent[] => {
  const events: RcaEvent[] = []
  for (let i = 0; i < ORDERS; i++) {
    let at = 1e12 + i * 1000
    const say = (service: string, template: string, wait: number, level = 'info'): void => {
      at += wait
      const id = `${service}:${events.length}`
      events.push({ at, service, template, level, text: template, id, trace: `t${i}` })
    }
    say('front', 'request came', 1)
    say('shop', 'order taken', 4)
    say('store', 'row read', 2)
    if (i % 4 === 0) say('store', 'row was locked', 3, 'warn')
    say('store', 'row written', 3)
    say('shop', 'order stored', 2)
    say('front', 'request done', 1)
    if (i % 2 === 0) say('mailer', 'mail sent to shop', 40)
  }
  return events
}

// As it is written into a bundle and read from it.
const profile = readModel(JSON.parse(JSON.stringify(learnRca(orders()))))

test('who calls whom is told with how often, how fast, and whether it is answered', () => {
  const { services, edges, more, lines } = flowOf(profile, 40)
  expect(lines).toBe(orders().length)
  expect(more).toBe(0)
  expect(services.map(({ name }) => name).sort()).toEqual(['front', 'mailer', 'shop', 'store'])
  expect(services[0]).toMatchObject({ name: 'store', lines: 2.25 * ORDERS, steps: 3 })
  const edge = (from: string, to: string) =>
    edges.find(each => each.from === from && each.to === to)
  expect(edge('front', 'shop')).toMatchObject({ kind: 'call', count: ORDERS })
  expect(edge('front', 'shop')!.ms).toBeWithin(3, 5)
  expect(edge('shop', 'store')).toMatchObject({ kind: 'call', count: ORDERS })
  expect(edge('front', 'mailer')).toMatchObject({ kind: 'handover', count: ORDERS / 2 })
  expect(edge('front', 'store')).toBeUndefined()
})

test('within a service it is told which step follows which, with its share and the usual gap', () => {
  const { steps, follows, more } = stepsOf(profile, 'store', 30)!
  expect(more).toBe(0)
  expect(steps.map(({ template, level }) => [template, level])).toEqual([
    ['row read', undefined],
    ['row written', undefined],
    ['row was locked', 'warn'],
  ])
  const idOf = (text: string) => steps.find(({ template }) => template === text)!.id
  const between = (from: string, to: string) =>
    follows.find(each => each.from === idOf(from) && each.to === idOf(to))
  expect(between('row read', 'row written')).toMatchObject({ share: 1, expected: true })
  expect(between('row read', 'row was locked')).toMatchObject({
    ...{ share: 0.25, count: ORDERS / 4, expected: false },
  })
  expect(between('row read', 'row was locked')!.ms).toBeWithin(2.5, 3.5)
  // A call lies between the two, and they are a step and the next one all the same.
  const shop = stepsOf(profile, 'shop', 30)!
  expect(shop.follows).toHaveLength(1)
  expect(shop.follows[0]).toMatchObject({ share: 1, expected: true })
  expect(shop.follows[0]!.ms).toBeWithin(6, 11)
  expect(stepsOf(profile, 'nobody', 30)).toBeUndefined()
})

test('of many services and steps those with most lines are given, and how many there are beside', () => {
  const { services, edges, more } = flowOf(profile, 2)
  expect([services.map(({ name }) => name), more]).toEqual([['store', 'front'], 2])
  expect(edges).toEqual([])
  const { steps, follows, more: left } = stepsOf(profile, 'store', 1)!
  expect([steps.map(({ template }) => template), left, follows]).toEqual([['row read'], 2, []])
})

test('a model of another version is refused with what it lacks', () => {
  const { parents: _, ...old } = learnRca(orders())
  expect(() => readModel(old as RcaModel)).toThrow('it lacks what this version looks at')
})
